import type { Millis } from '@p2pshare/base'
import type { ProvisionKind } from '@p2pshare/engine'
import type { NetworkCondition, PeerName, PublicationStatus } from '@p2pshare/ports'
import type { HoldKind, ShownState } from '../share/share-trouble.ts'
import type { FindingReport } from '../finding/finding-report.ts'
import type { WhyFinding } from './why-finding.ts'
import type { StopView } from '../stopping/seed-stops.ts'
import type { ShareStage } from '../share/share-stage.ts'

/** The answer to "why", with what finding did. */
export interface WhyReport {
  /** The time that all times in it count from. */
  now: Millis
  findings: WhyFinding[]
  finding: FindingReport
}

/** One connected peer of the share. */
export interface PeerFact {
  peer: PeerName
  /** Undefined while it has not said. */
  pieces: number | undefined
  /** Has something that we lack. */
  useful: boolean
  /** Answers none of our requests for now. */
  choking: boolean
  /** Owes us an answer for long. */
  snubbed: boolean
  /** Open requests to it. */
  requests: number
  relayed: boolean
  /** Bytes that its relay still lets through; undefined where nothing limits it. */
  carries?: number | undefined
  /** Says that it wants pieces of ours. */
  interested: boolean
}

/** Pieces in a row. */
export interface PieceRange {
  first: number
  last: number
}

/** Everything that {@link explain} looks at: what is so at this moment, no decisions. */
export interface WhyFacts {
  now: Millis
  state: ShownState
  stage: ShareStage
  /** In words, where the state has a reason. */
  reason: string | undefined
  failure: { code: string; message: string; hint: string | undefined } | undefined
  complete: boolean
  /** What holds it until it passes by itself. */
  hold: { kind: HoldKind; message: string; hint: string | undefined } | undefined
  path: string
  have: number
  pieces: number
  index: { here: number; known: number }
  checked: { done: number; total: number } | undefined
  rateUp: number
  rateDown: number
  /** Bytes per second, null = none; the tightest first. */
  limits: { of: 'daemon' | 'share'; up: number | null; down: number | null }[]
  peers: readonly PeerFact[]
  need: ProvisionKind
  /** Missing pieces that no connected peer has: the first ranges, and how many pieces in all. */
  uncovered: { ranges: PieceRange[]; count: number }
  finding: FindingReport
  condition: NetworkCondition
  /** Whether mDNS runs. */
  mdns: boolean
  announced: PublicationStatus | undefined
  /** Its place in the queue of fetches, how many stand in it and run, and how many may; undefined: it has none. */
  turn:
    | { place: number; of: number; running: number; stalled: boolean; limit: number | undefined }
    | undefined
  /** That it waits to be verified, in words. */
  check: string | undefined
  /** When it stops seeding, and how far it is. */
  stopping: StopView
  /** Peers that are banned now, whatever they did it in. */
  banned: number
}
