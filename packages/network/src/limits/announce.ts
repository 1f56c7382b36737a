import { HOUR, millis, SECOND } from '@p2pshare/base'

/** Announcing. */
export const ANNOUNCE = {
  /** Servers that hold each record, the replication factor of Kademlia. */
  replicas: 20,
  /** Of these, how many must be provably the closest before a lookup is shared by two keys. */
  provenReplicas: 16,
  /** Keys planned and sent together. */
  batch: 256,
  /** Records in one write, followed by a ping whose answer is awaited. */
  recordsPerWrite: 50,
  /** Lookups and sends at a time. */
  concurrency: 4,
  /** Time of one lookup. */
  lookupTimeout: millis(30 * SECOND),
  /** Time of sending one batch to one server. */
  sendTimeout: millis(20 * SECOND),
  /** Age at which a record is announced again; its validity elsewhere is at least 24 h. */
  interval: millis(20 * HOUR),
  /** Shortest pause between two batches; otherwise as long as the batch took. */
  minPause: millis(20),
  /** Longest pause between two batches. */
  maxPause: millis(5 * SECOND),
  /** Pause between two batches while content moves or a share was just published. */
  busyPause: millis(SECOND),
  /** How long after an answer began, or a share was published, the node counts as busy. */
  busyFor: millis(SECOND),
  /** How often is looked whether it still is. */
  busyStep: millis(100),
  /** First and longest wait after a batch that reached nobody; doubled in between. */
  firstRetry: millis(SECOND),
  maxRetry: millis(30 * SECOND),
  /** Time in which several new servers are collected before they are brought up to date. */
  newServerDelay: millis(200)
} as const
