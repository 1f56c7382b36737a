import { bytes, type Clock, isShareError, pieceIndex } from '@p2pshare/base'
import { type UploadAnswer, UploadQueue, type UploadRequest } from '@p2pshare/engine'
import type { ContentKey, Log, Pace } from '@p2pshare/ports'
import type { BlockRequestMessage, RefuseReason, RequestMessage } from '@p2pshare/wire'
import type { LinkPeer } from '../peers/link-peer.ts'

/** Where the uploader gets what peers ask for. */
export interface BlockSource {
  /**
   * Bytes of a request about a share.
   * @returns why not, when it can't be served
   */
  readRequest(cid: string, request: RequestMessage): Promise<BlockAnswer | RefuseReason>
  /** The same by digest. `share` is the one that the bytes were read from; index blocks are of none. */
  readBlock(digest: ContentKey, offset: number, length: number): Promise<BlockAnswer | RefuseReason>
  /** Why content of the share is not served to the peer at present. */
  refusal(peer: string, cid: string): RefuseReason | undefined
  onUploaded(peer: string, sent: SentBytes): void
  onFlood(peer: string): void
  /** At what pace bytes of a share (undefined: of none) may leave on a link. */
  pace(link: LinkPeer, share: string | undefined): Pace
}

/** Bytes of a block, and the share whose content they are. */
export interface BlockAnswer {
  bytes: Uint8Array
  share: string | undefined
  /** See `LentBytes`. */
  giveBack?(): void
}

/** Content that went to a peer. */
export interface SentBytes {
  share: string
  /** Undefined when it was asked for by hash. */
  piece: number | undefined
  /** Pieces in a row, from `piece`. */
  count: number
  bytes: number
}

interface Job extends UploadRequest {
  readonly link: LinkPeer
  readonly cid: string | undefined
  readonly piece?: number
  readonly count?: number
  read(): Promise<BlockAnswer | RefuseReason>
}

/** Serves what peers ask for, fairly: whose turn it is the engine's queue says. */
export class Uploader {
  readonly #queue = new UploadQueue<Job>()
  readonly #source: BlockSource
  readonly #clock: Clock
  readonly #log: Log

  constructor(source: BlockSource, parts: { log: Log; clock: Clock }) {
    this.#source = source
    this.#clock = parts.clock
    this.#log = parts.log.child('upload')
  }

  onRequest(link: LinkPeer, cid: string, request: RequestMessage): void {
    const reason = this.#source.refusal(link.name, cid)
    if (reason !== undefined) return link.send({ type: 'refuse', id: request.id, reason })
    const read = (): Promise<BlockAnswer | RefuseReason> => this.#source.readRequest(cid, request)
    this.#add({
      peer: link.name,
      id: request.id,
      length: request.length,
      piece: request.piece,
      count: request.count,
      link,
      cid,
      read
    })
  }

  onBlockRequest(link: LinkPeer, request: BlockRequestMessage): void {
    const { id, digest, offset, length } = request
    const read = (): Promise<BlockAnswer | RefuseReason> => this.#source.readBlock(digest, offset, length)
    this.#add({ peer: link.name, id, length: bytes(Math.max(length, 1)), link, cid: undefined, read })
  }

  onCancel(link: LinkPeer, id: number): void {
    if (this.#queue.cancel(link.name, id) !== 'removed') return
    link.send({ type: 'refuse', id, reason: 'cancelled' })
    this.#pump()
  }

  onLinkClosed(link: LinkPeer): void {
    this.#queue.peerLeft(link.name)
    this.#pump()
  }

  /** Serves others beside answers that hang; called once a second. */
  tick(): void {
    if (this.#queue.waiting > 0) this.#pump()
  }

  /** Refuses what waits for a share that stopped. */
  withdraw(cid: string, reason: RefuseReason): void {
    for (const job of this.#queue.withdraw((waiting) => waiting.cid === cid)) {
      job.link.send({ type: 'refuse', id: job.id, reason })
    }
  }

  /** Refuses what waits for a peer that was choked; what is being sent goes on. */
  choke(peer: string, cid: string): void {
    for (const job of this.#queue.withdraw((waiting) => waiting.peer === peer && waiting.cid === cid)) {
      job.link.send({ type: 'refuse', id: job.id, reason: 'choked' })
    }
  }

  #add(job: Job): void {
    const answer: UploadAnswer = this.#queue.add(job)
    if (answer === 'queued') return this.#pump()
    if (answer === 'duplicate-id') return job.link.close('protocol-error', 'request id used twice')
    if (answer === 'busy') return job.link.send({ type: 'refuse', id: job.id, reason: 'busy' })
    this.#source.onFlood(job.peer)
    job.link.close('limit-exceeded', 'too many requests at once')
  }

  #pump(): void {
    for (const job of this.#queue.next(this.#clock.now())) void this.#serve(job)
  }

  /** Content that is asked for by hash is no way around being choked; index blocks are for all. */
  async #read(job: Job): Promise<BlockAnswer | RefuseReason> {
    const answer = await job.read()
    if (typeof answer === 'string' || job.cid !== undefined || answer.share === undefined) return answer
    return this.#source.refusal(job.peer, answer.share) ?? answer
  }

  async #serve(job: Job): Promise<void> {
    let sent = 0
    try {
      const answer = job.link.closed ? 'cancelled' : await this.#read(job)
      if (typeof answer === 'string') refuse(job, answer)
      else if (!job.link.closed) {
        await job.link.link.sendData(job.id, answer.bytes, this.#source.pace(job.link, answer.share))
        sent = answer.bytes.byteLength
        answer.giveBack?.()
        const { share } = answer
        if (share !== undefined)
          this.#source.onUploaded(job.peer, { share, piece: job.piece, count: job.count ?? 1, bytes: sent })
      }
    } catch (error) {
      // A failed read was told to the share; the peer only learns that it can't have this.
      if (!isShareError(error, 'network.link-closed')) {
        this.#log.warn({ peer: job.peer, error }, 'could not serve a request')
        job.link.send({ type: 'refuse', id: job.id, reason: 'unavailable' })
      }
    }
    this.#queue.served(job.peer, job.id, bytes(sent), this.#clock.now())
    this.#pump()
  }
}

/** Says no. Who knows our piece map has no reason to ask for what is not in it. */
function refuse({ link, id, cid }: Job, reason: RefuseReason): void {
  link.send({ type: 'refuse', id, reason })
  if (cid !== undefined && (reason === 'lacking' || reason === 'unspecified')) link.askedInVain()
}

/** Pieces named by a request, each with the range that is asked of it. */
export function* requestedRanges(
  request: RequestMessage,
  blockSize: (piece: number) => number
): Generator<{ piece: ReturnType<typeof pieceIndex>; offset: number; length: number }> {
  if (request.count === 1) {
    yield { piece: request.piece, offset: request.offset, length: request.length }
    return
  }
  for (let i = 0; i < request.count; i++) {
    const piece = pieceIndex(request.piece + i)
    yield { piece, offset: 0, length: blockSize(piece) }
  }
}
