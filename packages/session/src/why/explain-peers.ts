import { formatSize } from '@p2pshare/base'
import type { PeerFact, PieceRange, WhyFacts } from './why-facts.ts'
import { counted, earliest, type WhyFinding } from './why-finding.ts'

/** Ranges and names that a sentence lists at most. */
const MOST_LISTED = 5

/** What the connected peers give, or why they do not. */
export function explainPeers(facts: WhyFacts): WhyFinding[] {
  const { peers, stage, index } = facts
  if (peers.length === 0) return []
  if (stage === 'index') {
    const known = index.known > 0 ? `, ${index.here} of ${index.known} blocks` : ''
    return [
      {
        code: 'index',
        weight: 'fine',
        text: `The index is being read from ${counted(peers.length, 'peer')}${known}.`
      }
    ]
  }
  const useful = peers.filter((peer) => peer.useful)
  const giving = useful.filter((peer) => !peer.choking && !peer.snubbed)
  const choking = useful.filter((peer) => peer.choking)
  const silent = useful.filter((peer) => peer.snubbed && !peer.choking)
  const stuck = giving.length === 0
  // What is wanted of them does not fit through: nothing is asked.
  const idle = giving.every(({ requests }) => requests === 0) && facts.have < facts.pieces
  const overRelay = idle ? overRelays(giving) : []
  const relayed = giving.filter((peer) => peer.relayed).length
  return [
    ...overRelay,
    ...withNobody(facts, useful.length === 0),
    ...(choking.length > 0 ? [choked(choking, stuck)] : []),
    ...(silent.length > 0 ? [silentPeers(silent, stuck)] : []),
    ...unsaid(peers, stuck),
    ...(giving.length > 0 && overRelay.length === 0 ? [fetchingFrom(facts, giving.length, relayed)] : [])
  ]
}

/** All connected peers are behind relays that let little through, and nothing that is missing fits. */
function overRelays(peers: readonly PeerFact[]): WhyFinding[] {
  const left = peers.map(({ carries }) => carries)
  if (left.length === 0 || !left.every((each) => each !== undefined)) return []
  const reached = 'The connected peers can only be reached over a relay that carries no more data'
  return [
    {
      code: 'relay-only',
      weight: 'stops',
      text: `${reached} (${formatSize(Math.max(...left))} left on the connection).`,
      next: 'A direct way is looked for with each new connection.',
      action: 'Forward a port on one side; `p2pshare doctor` shows how this node stands.'
    }
  ]
}

function withNobody({ uncovered, pieces, finding, peers }: WhyFacts, nobodyUseful: boolean): WhyFinding[] {
  if (uncovered.count === 0) return []
  const said = `${counted(peers.length, 'connected peer')}`
  return [
    {
      code: 'pieces-with-nobody',
      weight: nobodyUseful ? 'stops' : 'slows',
      text: `None of ${said} has ${rangesText(uncovered.ranges, uncovered.count)} (${uncovered.count} of ${pieces} pieces).`,
      next: 'Others are looked for, also by their files and chunks.',
      nextAt: earliest(finding.sources.map(({ nextAt }) => nextAt)),
      action: 'Wait until somebody who has them is online, or ask whoever shared it.'
    }
  ]
}

function unsaid(peers: readonly PeerFact[], stuck: boolean): WhyFinding[] {
  const count = peers.filter(({ pieces }) => pieces === undefined).length
  if (count === 0) return []
  return [
    {
      code: 'no-map',
      weight: stuck ? 'slows' : 'fine',
      text: `${counted(count, 'connected peer has', 'connected peers have')} not said yet what ${count === 1 ? 'it has' : 'they have'}.`,
      next: 'That takes a moment, or until they have read the index.'
    }
  ]
}

function choked(choking: readonly PeerFact[], stuck: boolean): WhyFinding {
  return {
    code: 'choked',
    weight: stuck ? 'stops' : 'slows',
    text: `${counted(choking.length, 'peer')} that could give pieces ${choking.length === 1 ? 'serves' : 'serve'} others first: ${names(choking)}.`,
    next: 'They choose anew every 10 s or so.'
  }
}

function silentPeers(silent: readonly PeerFact[], stuck: boolean): WhyFinding {
  return {
    code: 'silent-peers',
    weight: stuck ? 'stops' : 'slows',
    text: `${counted(silent.length, 'peer')} ${silent.length === 1 ? 'owes' : 'owe'} an answer for long: ${names(silent)}.`,
    next: 'What was asked of them is asked of others.'
  }
}

function fetchingFrom({ rateDown, have, pieces }: WhyFacts, giving: number, relayed: number): WhyFinding {
  const way = relayed > 0 ? ` (${relayed} over a relay)` : ''
  return {
    code: 'fetching',
    weight: 'fine',
    text: `Fetching from ${counted(giving, 'peer')}${way}, ${Math.round(rateDown)} bytes/s, ${have} of ${pieces} pieces here.`
  }
}

/** `pieces 12-14, 20 and 300 more`. */
export function rangesText(ranges: readonly PieceRange[], count: number): string {
  const listed = ranges.slice(0, MOST_LISTED)
  const inList = listed.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  const words = listed.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
  const more = count > inList ? ` and ${count - inList} more` : ''
  return `${count === 1 ? 'piece' : 'pieces'} ${words}${more}`
}

/** The ends of the names, which differ; the beginnings are all the same. */
function names(peers: readonly PeerFact[]): string {
  const listed = peers.slice(0, MOST_LISTED).map(({ peer }) => `…${peer.slice(-8)}`)
  return peers.length > listed.length ? `${listed.join(', ')} and others` : listed.join(', ')
}
