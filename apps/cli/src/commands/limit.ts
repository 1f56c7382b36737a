import { printable } from '@p2pshare/base'
import type { LimitRequest } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { daysOption, modeOption, rateOption, timeOption } from '../options/limit-options.ts'
import { limitText } from '../render/limit-text.ts'
import { checkedRef } from '../share-ref.ts'

/** `p2pshare limit`. */
export const limit: Command = {
  name: 'limit',
  positionals: '[hash]',
  count: { min: 0, max: 1 },
  summary: 'Show or set rate limits of the daemon, of one share, or of one peer',
  example: ['p2pshare limit --up 2MB/s --down none', 'limits what this machine sends'],
  moreExamples: [
    ['p2pshare limit bafk… --up 500KB/s --include-lan', 'limits one share, on the local network, too'],
    [
      'p2pshare limit --alt-up 1MB/s --alt-from 09:00 --alt-to 17:30 --alt-days mon-fri',
      'another limit in office hours'
    ]
  ],
  options: {
    up: { type: 'string', describe: 'most bytes sent per second: 50MB/s, 800KiB/s, none', file: false },
    down: { type: 'string', describe: 'most bytes received per second', file: false },
    'include-lan': { type: 'boolean', describe: 'limit peers on the local network, too', file: false },
    peer: { type: 'string', describe: 'limit the peer with this id, wherever it is', file: false },
    alt: { type: 'string', describe: 'use the --alt limits: on, off, auto (by their hours)', file: false },
    'alt-up': { type: 'string', describe: 'alternative limit for sending', file: false },
    'alt-down': { type: 'string', describe: 'alternative limit for receiving', file: false },
    'alt-from': {
      type: 'string',
      describe: 'local time when the alternative hours begin: 09:00',
      file: false
    },
    'alt-to': { type: 'string', describe: 'local time when they end; earlier = the next day', file: false },
    'alt-days': { type: 'string', describe: 'days when they begin: mon-fri, sat,sun, every', file: false }
  },
  async run(call) {
    const request = await requestOf(call)
    const now = await (await openClient(call)).limit(request)
    call.terminal.result(now, limitText(now))
    return EXIT.done
  }
}

/** Everything is checked before a daemon is looked for. @throws ShareError `cli.usage`, `content.malformed-*` */
async function requestOf(call: Invocation): Promise<LimitRequest> {
  const [hash] = call.args
  const { settings } = call
  const peer = peerOption(settings.text('peer'))
  // P2PSHARE_UP and the like are the daemon's limits; a share's or a peer's are named on the line alone.
  const whole = (hash ?? peer) === undefined
  const text = (name: string): string | undefined => {
    const own = settings.given[name]
    return typeof own === 'string' ? own : whole ? settings.text(name) : undefined
  }
  const up = rateOption('up', text('up'))
  const down = rateOption('down', text('down'))
  const given = settings.given['include-lan'] ?? (whole && settings.flag('include-lan') ? true : undefined)
  const includeLan = typeof given === 'boolean' ? given : undefined
  const alternative = alternativeOf(call)
  if (peer !== undefined) refuseWithPeer(hash, includeLan)
  if (alternative !== undefined && !whole)
    throw usageError('the --alt limits are for the whole daemon, not for one share or peer')
  return defined({
    ref: hash === undefined ? undefined : await checkedRef(hash),
    peer,
    up,
    down,
    includeLan,
    alternative
  })
}

function refuseWithPeer(hash: string | undefined, includeLan: boolean | undefined): void {
  if (hash !== undefined) throw usageError('limit takes a hash or --peer, not both')
  if (includeLan !== undefined)
    throw usageError('a limit of one peer holds wherever it is; leave --include-lan out')
}

function alternativeOf({ settings }: Invocation): LimitRequest['alternative'] {
  const from = timeOption('alt-from', settings.text('alt-from'))
  const to = timeOption('alt-to', settings.text('alt-to'))
  const days = daysOption('alt-days', settings.text('alt-days'))
  const hours = [from, to, days].some((value) => value !== undefined)
  const alternative = defined({
    up: rateOption('alt-up', settings.text('alt-up')),
    down: rateOption('alt-down', settings.text('alt-down')),
    // Who names hours means them to count.
    mode: modeOption('alt', settings.text('alt')) ?? (hours ? ('auto' as const) : undefined),
    from,
    to,
    days
  })
  return Object.keys(alternative).length === 0 ? undefined : alternative
}

function peerOption(text: string | undefined): string | undefined {
  if (text === undefined || /^[1-9A-HJ-NP-Za-km-z]{40,64}$/.test(text)) return text
  throw usageError(`--peer is not a peer id: ${printable(text, 80)}`, 'See p2pshare peers.')
}

/** Without the parts that are undefined, which JSON would not carry either. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
