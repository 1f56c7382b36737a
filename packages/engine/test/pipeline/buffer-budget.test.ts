import { Bitfield, bytes, MiB, millis, seededRng } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { BufferBudget, createSwarm, type Swarm } from '../../src/index.ts'

const PIECES = 16
const NOW = millis(0)

function swarmWith(buffers: BufferBudget): Swarm {
  const swarm = createSwarm({
    layout: { pieceCount: PIECES, blockSize: () => bytes(MiB) },
    have: new Bitfield(PIECES),
    rng: seededRng(1),
    buffers
  })
  for (const peer of ['a', 'b', 'c', 'd', 'e', 'f']) {
    swarm.handle({ kind: 'peer-joined', peer, maxRequests: 64 }, NOW)
    swarm.handle({ kind: 'peer-pieces', peer, pieces: Bitfield.full(PIECES) }, NOW)
  }
  return swarm
}

describe('the memory of all shares', () => {
  test('is never exceeded, but for one piece of each share', () => {
    const buffers = new BufferBudget(4 * MiB)
    const first = swarmWith(buffers)
    expect(buffers.bytes).toBe(4 * MiB)
    const second = swarmWith(buffers)
    expect(buffers.bytes).toBe(5 * MiB)
    expect([first, second].map((swarm) => swarm.snapshot().begun)).toEqual([4, 1])
  })

  test('comes back when a piece is stored, and all of it when a swarm ends', () => {
    const buffers = new BufferBudget(2 * MiB)
    const swarm = swarmWith(buffers)
    const requests = swarm.takeEffects().filter((effect) => effect.kind === 'request')
    for (const { peer, id } of requests) swarm.handle({ kind: 'data-arrived', peer, id }, NOW)
    const verify = swarm.takeEffects().find((effect) => effect.kind === 'verify')
    expect(verify).toBeDefined()
    if (verify === undefined) return
    swarm.handle({ kind: 'piece-verified', piece: verify.piece, ok: true }, NOW)
    swarm.handle({ kind: 'piece-stored', piece: verify.piece }, NOW)
    expect(swarm.snapshot().have).toBe(1)
    expect(buffers.bytes).toBeLessThanOrEqual(2 * MiB)
    swarm.end()
    expect(buffers.bytes).toBe(0)
  })
})
