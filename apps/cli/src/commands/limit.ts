import { formatSize, parseRate, printable } from '@p2pshare/base'
import type { LimitRequest } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { checkedRef } from '../share-ref.ts'

/** `p2pshare limit`. */
export const limit: Command = {
  name: 'limit',
  positionals: '[hash]',
  count: { min: 0, max: 1 },
  summary: 'Show or set rate limits of the daemon, or of one share',
  example: ['p2pshare limit --up 2MB/s --down none', 'limits what this machine sends'],
  options: {
    up: { type: 'string', describe: 'most bytes sent per second: 50MB/s, 800KiB/s, none', file: false },
    down: { type: 'string', describe: 'most bytes received per second', file: false },
    'include-lan': { type: 'boolean', describe: 'limit peers on the local network, too', file: false }
  },
  async run(call) {
    const [hash] = call.args
    const up = rateOf(call, 'up')
    const down = rateOf(call, 'down')
    const includeLan =
      call.settings.given['include-lan'] ?? (call.settings.flag('include-lan') ? true : undefined)
    const request: LimitRequest = {
      ...(hash === undefined ? {} : { ref: await checkedRef(hash) }),
      ...(up === undefined ? {} : { up }),
      ...(down === undefined ? {} : { down }),
      ...(typeof includeLan === 'boolean' ? { includeLan } : {})
    }
    const now = await (await openClient(call)).limit(request)
    const words = `up ${rateText(now.up)}, down ${rateText(now.down)}${now.includeLan ? ', local network included' : ''}`
    call.terminal.result(now, words)
    return EXIT.done
  }
}

function rateOf(call: Invocation, name: 'up' | 'down'): number | null | undefined {
  const text = call.settings.text(name)
  if (text === undefined) return undefined
  if (/^none$/i.test(text)) return null
  const rate = parseRate(text)
  if (rate === undefined)
    throw usageError(`--${name} is not a rate: ${printable(text, 60)}`, 'Write 50MB/s, 800KiB/s or none.')
  return rate
}

const rateText = (rate: number | null): string => (rate === null ? 'unlimited' : `${formatSize(rate)}/s`)
