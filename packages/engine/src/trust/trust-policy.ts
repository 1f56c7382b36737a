import { HOUR, MINUTE, type Millis, millis } from '@p2pshare/base'

/** What a peer can do wrong: the swarm's `Offence`s, and what the session sees by itself. */
export type TrustOffence =
  | 'bad-piece'
  | 'bad-block'
  | 'false-claim'
  | 'unrequested-data'
  | 'request-flood'
  /** What the protocol forbids, or a peer that reads nothing we say. */
  | 'broken-rule'
  /** Far more peer records, or changes of its piece map, than anybody has. */
  | 'chatter'

/** What an offence costs. Offences of one `family` count together. */
export interface OffencePolicy {
  readonly family: string
  /** How many within `WINDOW` go without a ban. */
  readonly tolerated: number
  /** No requests for this long after a tolerated one; 0: no rest. */
  readonly rest: Millis
  /** First ban; each later ban of the peer is twice the one before, up to `LONGEST_BAN`. */
  readonly ban: Millis
}

/** How long a strike counts. */
export const STRIKE_WINDOW: Millis = HOUR
/** No ban is longer. */
export const LONGEST_BAN: Millis = millis(24 * HOUR)
/** After this long without strike or ban a peer starts with a clean sheet. */
export const FORGET_AFTER: Millis = millis(24 * HOUR)
/** Most peers remembered; the oldest of those that are not banned go first. */
export const MOST_REMEMBERED = 20_000

/** The threat model's answers: corrupt data T10, lying maps T8, unasked data T12, floods T7. */
export const OFFENCE_POLICIES: Readonly<Record<TrustOffence, OffencePolicy>> = {
  'bad-piece': { family: 'data', tolerated: 1, rest: MINUTE, ban: HOUR },
  'bad-block': { family: 'data', tolerated: 1, rest: MINUTE, ban: HOUR },
  'false-claim': { family: 'claim', tolerated: 4, rest: MINUTE, ban: HOUR },
  'unrequested-data': { family: 'unasked', tolerated: 16, rest: millis(0), ban: HOUR },
  'request-flood': { family: 'flood', tolerated: 0, rest: millis(0), ban: MINUTE },
  'broken-rule': { family: 'rule', tolerated: 2, rest: millis(0), ban: MINUTE },
  chatter: { family: 'flood', tolerated: 0, rest: millis(0), ban: MINUTE }
}
