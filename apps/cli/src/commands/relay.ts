import { printable } from '@p2pshare/base'
import type { RelayRequest } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { rateOption } from '../options/limit-options.ts'
import { budgetOption, placesOption, RELAY_CHOICES } from '../options/relay-options.ts'
import { relayText } from '../render/relay-text.ts'

/** `p2pshare relay`. */
export const relay: Command = {
  name: 'relay',
  positionals: '[status|data|signals|auto|off]',
  count: { min: 0, max: 1 },
  summary: 'Relay for peers that cannot reach each other (data, unless told otherwise), or show how it goes',
  example: ['p2pshare relay --budget 300GB/month --rate 2MB/s', 'carries data for others, within limits'],
  moreExamples: [
    ['p2pshare relay status', 'places, connections, bytes carried, what is left, what was refused and why'],
    ['p2pshare relay auto', 'back to usual: signals only, once others can reach this machine'],
    ['p2pshare daemon run --relay data --relay-budget 300GB/month', 'a relay in the foreground, on a server']
  ],
  options: {
    budget: {
      type: 'string',
      describe: 'most bytes carried as data: 10GiB/day, 300GB/month, none',
      file: false
    },
    rate: {
      type: 'string',
      describe: 'most bytes per second of all data together: 2MB/s, none',
      file: false
    },
    places: {
      type: 'string',
      describe: 'how many peers may be reached through here: 1 to 1000, usual',
      file: false
    }
  },
  async run(call) {
    const request = requestOf(call)
    // To look is no reason to start a daemon.
    const client = request === undefined ? await openClient(call) : await ensureDaemon(call)
    const view = await client.relay(request ?? {})
    call.terminal.result(view, relayText(view))
    return EXIT.done
  }
}

/** What is to change; undefined = only look. @throws ShareError `cli.usage` */
function requestOf({ args, settings }: Invocation): RelayRequest | undefined {
  const [word] = args
  const places = settings.text('places')
  const budget = budgetOption('budget', settings.text('budget'))
  const rate = rateOption('rate', settings.text('rate'))
  const change = {
    ...(budget === undefined ? {} : { budget }),
    ...(rate === undefined ? {} : { rate }),
    ...(places === undefined
      ? {}
      : { places: /^usual$/i.test(places) ? null : (placesOption('places', places) ?? null) })
  }
  if (word === 'status') {
    if (Object.keys(change).length > 0) throw usageError('relay status only shows; leave the options out')
    return undefined
  }
  const choice = RELAY_CHOICES.find((one) => one === (word ?? 'data'))
  if (choice === undefined)
    throw usageError(
      `relay does not know ${printable(word ?? '', 60)}`,
      `Write p2pshare relay, or one of status, ${RELAY_CHOICES.join(', ')} after it.`
    )
  return { choice, ...change }
}
