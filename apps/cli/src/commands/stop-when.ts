import type { RequestOf } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { stopAnswerText } from '../render/stop-text.ts'
import { checkedRef } from '../share-ref.ts'

type Rules = NonNullable<RequestOf<'stopWhen'>['rules']>

/** `p2pshare stop-when`. */
export const stopWhen: Command = {
  name: 'stop-when',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'Show or set when a share stops seeding by itself',
  example: ['p2pshare stop-when bafk… --ratio 2 --time 7d', 'whichever comes first'],
  moreExamples: [
    ['p2pshare stop-when bafk… --replicas 3', 'when three others have all of it; never below that'],
    ['p2pshare stop-when bafk… --never', 'seeds on whatever the configuration says'],
    ['p2pshare config set stopRatio 2', 'for all shares that have no rules of their own']
  ],
  options: {
    ratio: { type: 'string', describe: 'so many times its size was sent: 2, 1.5, none', file: false },
    time: {
      type: 'string',
      describe: 'it was seeded for so long, over restarts: 12h, 7d, none',
      file: false
    },
    replicas: {
      type: 'string',
      describe: 'so many others have all of it; with another rule: and not before',
      file: false
    },
    never: { type: 'boolean', describe: 'it does not stop by itself', file: false },
    default: { type: 'boolean', describe: 'the rules of the configuration count again', file: false }
  },
  async run(call) {
    const request = await requestOf(call)
    const answer = await (await openClient(call)).stopWhen(request)
    call.terminal.result(answer, stopAnswerText(answer))
    return EXIT.done
  }
}

/** Everything is checked before a daemon is looked for. @throws ShareError `cli.usage`, `content.malformed-*` */
async function requestOf({ args, settings }: Invocation): Promise<RequestOf<'stopWhen'>> {
  const { ratioOption, replicasOption, seedTimeOption } = await import('../options/stop-options.ts')
  const given: { [K in keyof Rules]: Rules[K] | undefined } = {
    ratio: ratioOption('ratio', settings.text('ratio')),
    time: seedTimeOption('time', settings.text('time')),
    replicas: replicasOption('replicas', settings.text('replicas'))
  }
  const rules = Object.fromEntries(Object.entries(given).filter(([, rule]) => rule !== undefined)) as Rules
  const named = Object.keys(rules).length > 0
  const [never, usual] = [settings.flag('never'), settings.flag('default')]
  if ([named, never, usual].filter(Boolean).length > 1)
    throw usageError('only one of rules, --never and --default can be meant')
  const ref = await checkedRef(args[0] ?? '')
  if (never) return { ref, rules: { ratio: null, time: null, replicas: null } }
  return { ref, ...(named ? { rules } : {}), ...(usual ? { usual } : {}) }
}
