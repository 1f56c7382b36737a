import { printable } from '@p2pshare/base'
import type { RequestOf } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { queueText } from '../render/queue-text.ts'
import { checkedRef } from '../share-ref.ts'

const ENDS = ['first', 'last', 'up', 'down'] as const
type Move = NonNullable<RequestOf<'queue'>['move']>

/** `p2pshare queue`. */
export const queue: Command = {
  name: 'queue',
  positionals: '[hash]',
  count: { min: 0, max: 1 },
  summary: 'Show in which order fetches run, or move one of them',
  example: ['p2pshare queue', 'what runs, what waits, and in which order'],
  moreExamples: [
    ['p2pshare queue bafk… --first', 'fetches this one before all others'],
    ['p2pshare queue bafk… --position 3', 'makes it the third'],
    ['p2pshare config set activeFetches 3', 'how many run at once']
  ],
  options: {
    first: { type: 'boolean', describe: 'before all others', file: false, env: false },
    last: { type: 'boolean', describe: 'behind all others', file: false, env: false },
    up: { type: 'boolean', describe: 'one place nearer to the front', file: false, env: false },
    down: { type: 'boolean', describe: 'one place further back', file: false, env: false },
    position: { type: 'string', describe: 'to this place; 1 is the first', file: false, env: false }
  },
  async run(call) {
    const [hash] = call.args
    const move = moveOf(call)
    if (hash !== undefined && move === undefined)
      throw usageError(
        'queue needs to know where the share goes',
        'Write --first, --last, --up, --down or --position 3.'
      )
    if (hash === undefined && move !== undefined)
      throw usageError('queue needs the hash of the share that goes there')
    const request = hash === undefined || move === undefined ? {} : { ref: await checkedRef(hash), move }
    const now = await (await openClient(call)).queue(request)
    call.terminal.result(now, queueText(now))
    return EXIT.done
  }
}

/** Only what the line itself says: `P2PSHARE_UP` is a rate. @throws ShareError `cli.usage` */
function moveOf({ settings: { given } }: Invocation): Move | undefined {
  const moves: Move[] = ENDS.filter((end) => given[end] === true)
  const { position } = given
  if (typeof position === 'string') {
    if (!/^[1-9]\d{0,5}$/.test(position))
      throw usageError(
        `--position is not a place: ${printable(position, 60)}`,
        'Write 1 for the first, 2 for the second …'
      )
    moves.push(Number(position))
  }
  if (moves.length > 1)
    throw usageError('only one of --first, --last, --up, --down and --position can be meant')
  return moves[0]
}
