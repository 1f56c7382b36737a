import type { SimPeer } from './sim-peer.ts'
import type { Sample, SwarmSimulation } from './swarm-simulation.ts'

/** What came out of one run; times in seconds. */
export interface SwarmResult {
  title: string
  seed: number
  /** Nodes that fetch, of all kinds. */
  fetchers: number
  pieces: number
  /** The least time in which F bytes can get to the honest fetchers; see {@link lowerBound}. */
  bound: number
  /** Completion times of the honest fetchers that stayed, sorted; those that did not complete are missing. */
  times: number[]
  /** Honest fetchers that stayed and did not complete. */
  unfinished: number
  /** The longest that an honest fetcher waited for its next piece. */
  longestWait: number
  /** Content bytes that the seeder sent, in copies of the content. */
  seederCopies: number
  /** Sent ÷ received of each honest fetcher, sorted. */
  shareRatios: number[]
  /** Payload bytes that arrived unwanted, as part of all. */
  wasted: number
  /** Bans that honest nodes spoke. */
  banned: BanCount
  /** Most bad pieces that one node took from one other before it banned it. */
  badPieces: number
  samples: readonly Sample[]
  trace: string
  /** Real seconds that the run took. */
  real: number
}

/** Bans by honest nodes: each pair of judge and banned counts once. */
export interface BanCount {
  /** Of nodes that never sent a wrong byte. */
  honest: number
  corrupt: number
}

/**
 * The least time, in seconds, to bring F bytes from a seeder of rate u_s to N peers:
 * max(F ÷ u_s, F ÷ d_min, N·F ÷ (u_s + Σu_i)) (Kumar and Ross, Peer-assisted file distribution:
 * the minimum distribution time, 2006).
 */
export function lowerBound(
  bytes: number,
  seederUp: number,
  peers: readonly { up: number; down: number }[]
): number {
  const down = Math.min(...peers.map((peer) => peer.down))
  const up = peers.reduce((sum, peer) => sum + peer.up, seederUp)
  return Math.max(bytes / seederUp, bytes / down, (peers.length * bytes) / up)
}

/** The value below which the given part of a sorted list lies; NaN of an empty one. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Spearman's rank correlation of two lists of equal length; equal values share their mean rank. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const x = ranks(a)
  const y = ranks(b)
  const mean = (x.length - 1) / 2
  let both = 0
  let ofX = 0
  let ofY = 0
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] ?? 0) - mean
    const dy = (y[i] ?? 0) - mean
    both += dx * dy
    ofX += dx * dx
    ofY += dy * dy
  }
  return both / Math.sqrt(ofX * ofY)
}

/** What a finished run shows. */
export function resultOf(title: string, swarm: SwarmSimulation, realSeconds: number): SwarmResult {
  const { spec, content } = swarm
  const size = content.layout.size
  const honest = swarm.peers.filter((peer) => peer.spec.role === 'honest')
  const stayed = honest.filter(({ left }) => left === undefined)
  const times = stayed.flatMap(({ completed }) => (completed === undefined ? [] : [completed / 1000]))
  const seederUp = swarm.seeders.reduce((sum, peer) => sum + peer.spec.up, 0)
  const received = swarm.peers.reduce((sum, peer) => sum + peer.network.line.received, 0)
  const wasted = swarm.peers.reduce((sum, peer) => sum + peer.network.line.wasted, 0)
  return {
    title,
    seed: spec.seed,
    fetchers: swarm.peers.length - swarm.seeders.length,
    pieces: spec.pieces,
    bound: lowerBound(
      size,
      seederUp,
      honest.map((peer) => peer.spec)
    ),
    times: times.sort((a, b) => a - b),
    unfinished: stayed.length - times.length,
    longestWait: Math.max(0, ...stayed.map((peer) => peer.longestWait / 1000)),
    seederCopies: swarm.seeders.reduce((sum, peer) => sum + uploaded(peer), 0) / size,
    shareRatios: stayed.map((peer) => uploaded(peer) / Math.max(1, downloaded(peer))).sort((a, b) => a - b),
    wasted: received === 0 ? 0 : wasted / received,
    banned: bansBy(honest, swarm.peers),
    badPieces: Math.max(0, ...honest.flatMap(({ badPieces }) => [...badPieces.values()])),
    samples: swarm.samples,
    trace: swarm.fabric.trace,
    real: realSeconds
  }
}

const uploaded = ({ driver }: SimPeer): number => driver?.record.uploaded ?? 0
const downloaded = ({ driver }: SimPeer): number => driver?.record.downloaded ?? 0

function bansBy(judges: readonly SimPeer[], all: readonly SimPeer[]): BanCount {
  const roles = new Map(all.map((peer) => [peer.name, peer.spec.role]))
  const count: BanCount = { honest: 0, corrupt: 0 }
  for (const judge of judges) {
    for (const { peer } of judge.catalogue.bans()) {
      if (roles.get(peer) === 'corrupt') count.corrupt++
      else count.honest++
    }
  }
  return count
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const found = new Array<number>(values.length).fill(0)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to + 1 < order.length && values[order[to + 1] ?? 0] === values[order[from] ?? 0]) to++
    for (let i = from; i <= to; i++) found[order[i] ?? 0] = (from + to) / 2
    from = to + 1
  }
  return found
}
