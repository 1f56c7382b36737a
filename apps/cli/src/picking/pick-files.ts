import type { Invocation } from '../command.ts'
import { usageError } from '../exit-code.ts'
import type { Priorities } from '../fetching/choice-options.ts'
import { canReadKeys } from '../live/keys.ts'
import { readNamedKeys } from '../live/named-keys.ts'
import { listHeight, pickFrame } from './pick-frame.ts'
import { pressed } from './pick-keys.ts'
import { pickedRanges } from './pick-result.ts'
import { fitted, pickState } from './pick-state.ts'
import type { PickTree } from './pick-tree.ts'

/** What somebody picked. */
export type Picked =
  /** `priorities`: what was changed; undefined = nothing. */
  { kind: 'start'; priorities: Priorities | undefined } | { kind: 'leave' }

/**
 * Sees to it that there is somebody to ask, before anything else is done.
 * @param others - options that choose files without asking
 * @throws ShareError `cli.usage`, with what can be said on a command line instead
 */
export function checkPickable({ terminal, around, settings }: Invocation, others: readonly string[]): void {
  const hint =
    'Use --select, --only or a path after the hash instead; p2pshare ls <hash> shows what there is.'
  for (const name of others)
    if (settings.text(name) !== undefined || settings.list(name) !== undefined || settings.flag(name))
      throw usageError(`--pick and --${name} exclude each other`)
  if (terminal.json) throw usageError('--pick asks a person, and --json answers a program', hint)
  if (!terminal.live || !canReadKeys(around.keys))
    throw usageError('--pick needs a terminal that it can draw on and read keys from', hint)
}

/**
 * Lets somebody pick files on a screen of its own, until enter, or whatever leaves. The terminal is given back in any
 * case.
 */
export async function pickFiles({ terminal, around }: Invocation, tree: PickTree): Promise<Picked> {
  const { Display } = await import('../live/display.ts')
  let state = pickState(tree)
  const display = new Display(terminal.stderr, terminal.style, true)
  let stopReading: (() => void) | undefined
  let stopListening: (() => void) | undefined
  try {
    const end = await new Promise<'start' | 'leave'>((resolve, reject) => {
      stopListening = around.onInterrupt(() => resolve('leave'))
      stopReading = readNamedKeys(around.keys, (keys) => {
        try {
          state = pressed(state, keys)
          if (state.end !== undefined) resolve(state.end)
          else display.now()
        } catch (error) {
          reject(error as Error)
        }
      })
      display.show((screen) => {
        state = fitted(state, listHeight(screen.rows))
        return pickFrame(state, screen)
      })
    })
    return end === 'leave' ? { kind: 'leave' } : { kind: 'start', priorities: pickedRanges(state).priorities }
  } finally {
    stopReading?.()
    display.close()
    stopListening?.()
  }
}
