import type { Bytes } from '@p2pshare/base'
import type { CloseCode, DataMessage, SwarmMessage } from '@p2pshare/wire'

/** A libp2p peer id in its usual base58 text form; authenticated by the noise handshake. */
export type PeerName = string

/** Lets the bytes of one flow pass at a limited rate. */
export interface Pace {
  /** Most bytes to ask for at a time, ≥ 1; changes with the limits. */
  readonly slice: number
  /**
   * Asks for `bytes` to pass, at most {@link slice}.
   * @returns undefined: all, at once. Otherwise as many as the promise says, 1 … `bytes`, when it resolves; it
   * never rejects
   */
  take(bytes: number): Promise<number> | undefined
}

/**
 * One swarm link to one peer: a control stream and a data stream, shared by all shares that the
 * two have in common. Messages arrive in order, already checked by wire; nothing is unbounded.
 */
export interface PeerLink {
  readonly peer: PeerName
  /** Remote multiaddr, for display. */
  readonly remoteAddress: string
  readonly inbound: boolean
  /** Over a circuit relay, not directly. */
  readonly relayed: boolean
  /**
   * Payload bytes, both ways together, that the relay still lets through before the link ends itself; undefined: no
   * limit. Of two answers that do not both fit, ask one.
   */
  readonly carries?: Bytes | undefined
  /** The other side is on this machine or its LAN: a loopback, private or link-local address, directly. */
  readonly lan: boolean
  /** The other side's words about itself, escaped. */
  readonly agent: string
  /** Requests that the other side is willing to hold for us, 1 … 64. */
  readonly maxRequests: number

  /** Begins delivery; until then arrivals wait (bounded, by back-pressure). Call once. */
  start(handler: LinkHandler): void
  /**
   * Queues a control message. When more than 1 MiB waits, the link closes itself with
   * `limit-exceeded`: the peer does not read.
   */
  send(message: SwarmMessage): void
  /**
   * Sends a data header and its bytes; `payload.byteLength` is the header's length. Calls may overlap; they leave in
   * the order of the calls.
   * @param pace - asked before each slice of the payload; a payload that waits for its turn holds up those behind it
   * @returns when the bytes are handed over: the buffer may be reused and more may be sent
   * @throws ShareError `network.link-closed`
   */
  sendData(id: number, payload: Uint8Array, pace?: Pace): Promise<void>
  /** Bytes given to `sendData` and not yet handed over. */
  readonly queuedData: Bytes
  /** Says goodbye and closes both streams; the handler's `onClose` follows. Idempotent. */
  close(code: CloseCode, text?: string): void
}

/** What the owner of a link does with arrivals; none of these may throw. */
export interface LinkHandler {
  onMessage(message: SwarmMessage): void
  /**
   * Says where the payload of an answer goes: a view of exactly `data.length` bytes that the link
   * fills, or undefined to read and drop it.
   */
  targetFor(data: DataMessage): Uint8Array | undefined
  /** Part of a payload arrived; `got` of `data.length` bytes so far. For rate measurement. */
  onDataProgress?(data: DataMessage, got: Bytes): void
  /**
   * `part` bytes of a payload have just come in, with or without a target. While the promise is
   * not resolved (it never rejects) the link reads no more data; control messages go on.
   */
  pace?(data: DataMessage, part: Bytes): Promise<void> | undefined
  /** The target is filled. Not called when `targetFor` gave undefined. */
  onData(data: DataMessage): void
  /** The link is gone; called exactly once, last. */
  onClose(end: LinkEnd): void
}

/** How a link ended. */
export interface LinkEnd {
  code: CloseCode
  /** Escaped, for the log and for people. */
  text: string
  /** Whether the other side (or the network) ended it. */
  remote: boolean
}
