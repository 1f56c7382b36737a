/**
 * How long a pick takes at 1,000,000 pieces, for a seeder, for peers with a part, and for a poor
 * one; and the cost of what happens around it. Run: `node packages/engine/bench/pick.ts [pieces]`.
 */
import { Bitfield, bytes, KiB, millis, seededRng } from '@p2pshare/base'
import { PickMemory, PiecePicker } from '../src/picker/piece-picker.ts'
import { createSwarm } from '../src/swarm/swarm.ts'

const pieces = Number(process.argv[2] ?? 1_000_000)
const rng = seededRng(1)

function time<T>(name: string, run: () => T): T {
  const start = performance.now()
  const result = run()
  console.log(`${name}: ${(performance.now() - start).toFixed(1)} ms`)
  return result
}

function percentiles(name: string, rounds: number, run: (i: number) => void): void {
  const times = new Float64Array(rounds)
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    run(i)
    times[i] = (performance.now() - start) * 1000
  }
  times.sort()
  const at = (q: number): string => (times[Math.floor(q * rounds)] ?? 0).toFixed(1)
  console.log(`${name}: p50 ${at(0.5)} µs, p95 ${at(0.95)} µs, p99 ${at(0.99)} µs, worst ${at(1 - 1e-9)} µs`)
}

function part(share: number): Bitfield {
  const field = new Bitfield(pieces)
  for (let p = 0; p < pieces; p++) if (rng.below(1000) < share * 1000) field.set(p)
  return field
}

const picker = time(`picker of ${pieces} pieces`, () => new PiecePicker(Bitfield.full(pieces), rng))
const peers = [0.9, 0.5, 0.3, 0.1, 0.01, 0.001].map((share) => ({ share, claims: part(share) }))
for (const { share, claims } of peers) {
  time(`map of ${share * 100} %`, () => {
    for (const piece of claims.ones()) picker.claim(piece)
  })
}
picker.addSeed()
for (const { share, claims } of [{ share: 1, claims: Bitfield.full(pieces) }, ...peers]) {
  percentiles(`pick and take, peer with ${share * 100} %`, Math.min(10_000, claims.count >> 1), () => {
    const piece = picker.pick(claims)
    if (piece !== undefined) picker.take(piece)
  })
}
time('priorities of all pieces', () => {
  for (let p = 0; p < pieces; p++) picker.setPriority(p, ([0, 1, 2, 3] as const)[rng.below(4)] ?? 2)
})
// The worst case: a few thousand pieces of high priority, of which a poor peer has next to none.
for (let p = 0; p < pieces; p++) if (p % 500 !== 0 && picker.priority(p) === 3) picker.setPriority(p, 2)
for (const how of ['rarest', 'first'] as const) {
  for (const { share, claims } of [{ share: 1, claims: Bitfield.full(pieces) }, ...peers]) {
    const memory = new PickMemory()
    const title = `with priorities, ${how}, peer with ${share * 100} %`
    percentiles(title, Math.min(10_000, claims.count >> 4), () => {
      const piece = picker.pick(claims, how, memory)
      if (piece !== undefined) picker.take(piece)
    })
  }
}
percentiles('claim of a candidate', 10_000, () => picker.claim(rng.below(pieces)))
percentiles('put back', 10_000, () => picker.putBack(rng.below(pieces)))

const swarm = time('swarm', () =>
  createSwarm({
    layout: { pieceCount: pieces, blockSize: () => bytes(256 * KiB) },
    have: new Bitfield(pieces),
    rng
  })
)
let now = 0
for (let i = 0; i < 50; i++) {
  const peer = `p${i}`
  swarm.handle({ kind: 'peer-joined', peer, maxRequests: 64 }, millis(now))
  swarm.handle(
    {
      kind: 'peer-pieces',
      peer,
      pieces: i < 25 ? Bitfield.full(pieces) : (peers[i % 6]?.claims ?? part(0.5))
    },
    millis(now)
  )
}
const queue = swarm.takeEffects()
percentiles('one event of a swarm with 50 peers', 50_000, () => {
  now += 0.1
  const effect = queue.shift()
  if (effect?.kind === 'request')
    swarm.handle({ kind: 'data-arrived', peer: effect.peer, id: effect.id }, millis(now))
  else if (effect?.kind === 'verify')
    swarm.handle({ kind: 'piece-verified', piece: effect.piece, ok: true }, millis(now))
  else if (effect?.kind === 'write') swarm.handle({ kind: 'piece-stored', piece: effect.piece }, millis(now))
  swarm.nextWake()
  queue.push(...swarm.takeEffects())
})
