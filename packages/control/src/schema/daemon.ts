import { z } from 'zod'
import { limitsInForce } from './limits.ts'
import { announcing, count, findReport, rate, shareSummary } from './share.ts'
import { shareRefText } from './transfer.ts'

/** A request without arguments. */
export const emptyRequest = z.strictObject({})

/** A request about one share. */
export const shareRequest = z.strictObject({ ref: shareRefText })
/** See {@link shareRequest}. */
export type ShareRequest = z.infer<typeof shareRequest>

/** `remove`. */
export const removeRequest = z.strictObject({ ref: shareRefText, deleteFiles: z.boolean().default(false) })
/** See {@link removeRequest}. */
export type RemoveRequest = z.infer<typeof removeRequest>

/** A page of `list`: shares in order of CID after `after`. */
export const listRequest = z.strictObject({
  after: z.string().max(4096).optional(),
  limit: z.number().int().min(1).max(1000).default(500)
})
/** See {@link listRequest}. */
export type ListRequest = z.infer<typeof listRequest>

/** Answer of `list`; `next` is the `after` of the next page, absent on the last one. */
export const shareList = z.object({ shares: z.array(shareSummary).max(1000), next: z.string().optional() })
/** See {@link shareList}. */
export type ShareList = z.infer<typeof shareList>

/** Answer of `status` without a hash. */
export const daemonStatus = z.object({
  running: z.literal(true),
  pid: count,
  version: z.string(),
  peerId: z.string(),
  addresses: z.array(z.string()),
  /** Connected peers. */
  peers: count,
  shares: count,
  network: z.string(),
  /** Wall time, ms. */
  startedAt: z.number(),
  rateUp: rate,
  rateDown: rate,
  limits: limitsInForce,
  /** How far announcing is in each DHT, over all shares. */
  announcing: z.array(announcing.extend({ source: findReport.shape.source })).max(16),
  /** Things the user should know, each one sentence (a damaged catalogue was set aside, …). */
  warnings: z.array(z.string())
})
/** See {@link daemonStatus}. */
export type DaemonStatus = z.infer<typeof daemonStatus>

/** `peers`: of one share, or all. */
export const peersRequest = z.strictObject({ ref: shareRefText.optional() })
/** See {@link peersRequest}. */
export type PeersRequest = z.infer<typeof peersRequest>

/** Answer of `peers`. */
export const peerList = z.object({
  peers: z
    .array(
      z.object({
        peerId: z.string(),
        address: z.string(),
        inbound: z.boolean(),
        relayed: z.boolean(),
        /** Bytes of content that the relay still lets through; left out where nothing limits it. */
        carries: count.optional(),
        encryption: z.string().max(16).optional(),
        /** The peer's words about itself: hostile, escape before showing. */
        agent: z.string(),
        rateUp: rate.optional(),
        rateDown: rate.optional(),
        /** Pieces of the asked share that the peer has. */
        pieces: count.optional()
      })
    )
    .max(10_000)
})
/** See {@link peerList}. */
export type PeerList = z.infer<typeof peerList>

/** `connect`: a multiaddr that ends in /p2p/<peer id>, or any that can be dialled. */
export const connectRequest = z.strictObject({ address: z.string().min(1).max(1024) })
/** See {@link connectRequest}. */
export type ConnectRequest = z.infer<typeof connectRequest>

/** Answer of `connect`. */
export const connectResult = z.object({ peerId: z.string() })
/** See {@link connectResult}. */
export type ConnectResult = z.infer<typeof connectResult>

/** Answer of `id`: who this node is and where it can be dialled. */
export const identity = z.object({ peerId: z.string(), addresses: z.array(z.string()) })
/** See {@link identity}. */
export type Identity = z.infer<typeof identity>

/** Answer of `shutdown`; the daemon stops right after it, within 5 s. */
export const shutdownResult = z.object({ pid: count })
/** See {@link shutdownResult}. */
export type ShutdownResult = z.infer<typeof shutdownResult>
