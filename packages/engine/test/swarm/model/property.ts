import fc from 'fast-check'
import { type Move, move } from './moves.ts'
import { Player } from './player.ts'

/** A case that once failed, small enough to keep: played again by every test run. */
export interface SwarmCase {
  /** Where it was found: `fuzz-swarm.ts --seed`. */
  readonly foundWith: number
  /** Seed of the swarm's own randomness. */
  readonly seed: number
  readonly moves: readonly Move[]
}

class MoveCommand implements fc.Command<Player, unknown> {
  readonly move: Move

  constructor(move: Move) {
    this.move = move
  }

  check(): boolean {
    return true
  }

  run(player: Player): void {
    player.play(this.move)
  }

  toString(): string {
    return JSON.stringify(this.move)
  }
}

/**
 * Any moves in any order, then an honest seeder: no promise is broken and the share completes.
 *
 * @param failed - told of each failing case; the last one is the smallest
 */
export function swarmProperty(
  maxMoves: number,
  failed: (found: Omit<SwarmCase, 'foundWith'>) => void = () => {}
) {
  const commands = fc.commands([move.map((m) => new MoveCommand(m))], { maxCommands: maxMoves, size: 'max' })
  return fc.property(commands, fc.integer(), (moves, seed) => {
    const player = new Player(seed)
    try {
      fc.modelRun(() => ({ model: player, real: undefined }), moves)
    } catch (error) {
      failed({ seed, moves: player.played })
      throw error
    }
    const played = [...player.played]
    try {
      player.finish()
    } catch (error) {
      failed({ seed, moves: played })
      throw error
    }
  })
}

/** Plays a kept case. */
export function replay(kept: SwarmCase): Player {
  const player = new Player(kept.seed)
  for (const m of kept.moves) player.play(m)
  player.finish()
  return player
}
