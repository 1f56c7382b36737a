import type { Bitfield } from '@p2pshare/base'
import type { NodeParts } from '../node-parts.ts'
import type { Controls } from '../controls.ts'
import type { LimitKeeper } from '../limits/limit-keeper.ts'
import type { ShareDriver } from '../share/share-driver.ts'
import type { PeerFact, PieceRange, WhyFacts } from './why-facts.ts'

/** Ranges of missing pieces that are kept. */
const MOST_RANGES = 20

/** Looks at a share and its node. Cost: O(pieces × peers) at worst. */
export function factsOf(
  driver: ShareDriver,
  parts: NodeParts,
  { limits, controls }: { limits: LimitKeeper; controls: Controls }
): WhyFacts {
  const { record, failure } = driver
  const { hold } = driver.trouble
  const { state, reason } = driver.state
  const have = driver.bytes.have
  const ofShare = limits.of('share', driver.cid)
  return {
    now: parts.clock.now(),
    state,
    stage: driver.stage,
    reason,
    failure:
      failure === undefined
        ? undefined
        : { code: failure.code, message: failure.message, hint: failure.hint },
    complete: record.complete,
    hold: hold && { kind: hold.kind, message: hold.error.message, hint: hold.error.hint },
    path: record.path,
    have: have?.count ?? 0,
    pieces: record.pieces,
    index: driver.indexProgress,
    checked: driver.checked,
    rateUp: driver.traffic.rateUp,
    rateDown: driver.traffic.rateDown,
    limits: [
      { of: 'daemon', up: limits.inForce.up, down: limits.inForce.down },
      { of: 'share', up: ofShare.up, down: ofShare.down }
    ],
    peers: peersOf(driver, have),
    need: driver.finder.need,
    uncovered: record.complete ? { ranges: [], count: 0 } : uncovered(driver, have),
    finding: driver.finder.findings,
    condition: parts.network.condition(),
    mdns: parts.network.discovered().on,
    announced: parts.directory.publicationStatus(driver.cid),
    turn: turnOf(driver.cid, controls),
    check: controls.checks.words(driver.cid),
    stopping: controls.stops.view(driver.cid),
    banned: parts.trust.banned
  }
}

function turnOf(cid: string, { queue }: Controls): WhyFacts['turn'] {
  const entry = queue.find(cid)
  if (entry === undefined) return undefined
  const all = queue.entries()
  const running = all.filter((each) => each.running).length
  const { place, stalled } = entry
  return { place, stalled, of: all.length, running, limit: queue.limit }
}

function peersOf(driver: ShareDriver, have: Bitfield | undefined): PeerFact[] {
  const snapshots = new Map(driver.swarm?.peers.map((peer) => [peer.peer, peer]))
  return [...driver.members.peers.all()].map(({ peer, pieces, interested }) => {
    const seen = snapshots.get(peer.name)
    return {
      peer: peer.name,
      pieces: pieces?.count,
      useful: have === undefined || (pieces?.length === have.length && have.lacksSomeOf(pieces)),
      choking: seen?.choking ?? false,
      snubbed: seen?.snubbed ?? false,
      requests: seen?.requests ?? 0,
      relayed: peer.link.relayed,
      carries: peer.link.carries,
      interested
    }
  })
}

/** Missing pieces that no connected peer has; nothing while nobody is connected or the index is unknown. */
function uncovered(driver: ShareDriver, have: Bitfield | undefined): WhyFacts['uncovered'] {
  const peers = [...driver.members.peers.all()]
  // Who has not said what it has may have all of it.
  const mayBeAll = peers.some(({ pieces }) => pieces === undefined || pieces.isFull)
  if (have === undefined || have.isFull || peers.length === 0 || mayBeAll) return { ranges: [], count: 0 }
  const all = have.clone()
  for (const { pieces } of peers)
    if (pieces?.length === all.length) for (const piece of pieces.ones()) all.set(piece)
  return { ranges: clearRanges(all), count: all.length - all.count }
}

function clearRanges(all: Bitfield): PieceRange[] {
  const ranges: PieceRange[] = []
  for (let first = all.nextClear(); first !== -1 && ranges.length < MOST_RANGES; ) {
    const after = all.nextSet(first)
    ranges.push({ first, last: (after === -1 ? all.length : after) - 1 })
    first = after === -1 ? -1 : all.nextClear(after)
  }
  return ranges
}
