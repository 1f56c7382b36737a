/**
 * What one event costs a swarm: the figures that decide how many peers a simulator can play.
 * Run: `node packages/engine/bench/events.ts [peers] [pieces]`.
 */
import { Bitfield, bytes, KiB, MiB, millis, seededRng } from '@p2pshare/base'
import { createSwarm, RequestBudget, type Swarm, type SwarmEvent } from '../src/index.ts'

const peers = Number(process.argv[2] ?? 40)
const pieces = Number(process.argv[3] ?? 2000)

/** Microseconds each of many events of one kind took, the call of `nextWake` included. */
class Costs {
  readonly #sums = new Map<string, { count: number; total: number; times: number[] }>()

  run(swarm: Swarm, event: SwarmEvent, now: number): void {
    const start = performance.now()
    swarm.handle(event, millis(now))
    swarm.nextWake()
    const time = (performance.now() - start) * 1000
    const sum = this.#sums.get(event.kind) ?? { count: 0, total: 0, times: [] }
    this.#sums.set(event.kind, sum)
    sum.count++
    sum.total += time
    sum.times.push(time)
  }

  print(title: string): void {
    for (const [kind, { count, total, times }] of this.#sums) {
      times.sort((a, b) => a - b)
      const p95 = times[Math.floor(count * 0.95)] ?? 0
      console.log(
        `${title}: ${kind}: mean ${(total / count).toFixed(2)} µs, p95 ${p95.toFixed(2)} µs (${count})`
      )
    }
  }
}

function swarmOf(limits = {}): Swarm {
  return createSwarm({
    layout: { pieceCount: pieces, blockSize: () => bytes(MiB) },
    have: new Bitfield(pieces),
    rng: seededRng(1),
    budget: new RequestBudget(),
    limits
  })
}

/** A leecher among leechers: all its neighbours announce piece after piece, and serve it. */
function leecher(costs: Costs): void {
  const rng = seededRng(2)
  const swarm = swarmOf()
  let now = 0
  for (let p = 0; p < peers; p++) {
    swarm.handle({ kind: 'peer-joined', peer: `p${p}`, maxRequests: 64 }, millis(now))
    swarm.handle({ kind: 'peer-pieces', peer: `p${p}`, pieces: new Bitfield(pieces) }, millis(now))
    if (p % 8 !== 0) swarm.handle({ kind: 'peer-choking', peer: `p${p}`, choking: true }, millis(now))
  }
  const todo: SwarmEvent[] = []
  const claims = Array.from({ length: peers }, () => new Bitfield(pieces))
  for (let step = 0; step < pieces * peers * 0.9; step++) {
    now += 0.5
    const peer = rng.below(peers)
    const piece = rng.below(pieces)
    if (claims[peer]?.set(piece)) {
      const added = [{ start: piece, count: 1 }]
      costs.run(swarm, { kind: 'peer-delta', peer: `p${peer}`, added, removed: [] }, now)
    }
    answer(swarm, todo)
    const next = todo.shift()
    if (next !== undefined) costs.run(swarm, next, now)
    const wake = swarm.nextWake()
    if (wake !== undefined && wake <= now) costs.run(swarm, { kind: 'tick' }, now)
  }
}

/** One that takes all from seeders, with its windows full. */
function fetcher(costs: Costs): void {
  const swarm = swarmOf()
  let now = 0
  for (let p = 0; p < peers; p++) {
    swarm.handle({ kind: 'peer-joined', peer: `p${p}`, maxRequests: 64 }, millis(now))
    swarm.handle({ kind: 'peer-pieces', peer: `p${p}`, pieces: Bitfield.full(pieces) }, millis(now))
  }
  const todo: SwarmEvent[] = []
  for (answer(swarm, todo); todo.length > 0; answer(swarm, todo)) {
    now += 0.1
    const next = todo.shift()
    if (next !== undefined) costs.run(swarm, next, now)
    const wake = swarm.nextWake()
    if (wake !== undefined && wake <= now) costs.run(swarm, { kind: 'tick' }, now)
  }
}

/** The session's part: every effect is answered, later. */
function answer(swarm: Swarm, todo: SwarmEvent[]): void {
  for (const effect of swarm.takeEffects()) {
    if (effect.kind === 'request') {
      const { peer, id, length } = effect
      for (let at = 0; at < length; at += 64 * KiB) {
        todo.push({ kind: 'data-progress', peer, bytes: bytes(Math.min(64 * KiB, length - at)) })
      }
      todo.push({ kind: 'data-arrived', peer, id })
    } else if (effect.kind === 'verify') todo.push({ kind: 'piece-verified', piece: effect.piece, ok: true })
    else if (effect.kind === 'write') todo.push({ kind: 'piece-stored', piece: effect.piece })
  }
}

for (const [title, play] of [
  [`leecher, ${peers} peers`, leecher],
  [`all seeders, ${peers} peers`, fetcher]
] as const) {
  play(new Costs())
  const costs = new Costs()
  play(costs)
  costs.print(title)
}
