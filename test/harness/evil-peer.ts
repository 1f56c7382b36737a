import { generateKeyPair } from '@libp2p/crypto/keys'
import { Bitfield, bytes, type PieceIndex, pieceIndex, seededRng } from '@p2pshare/base'
import type { IndexBlock } from '@p2pshare/content'
import { createNetwork, type Network } from '@p2pshare/network'
import type { ImportedShare, LinkHandler, PeerLink } from '@p2pshare/ports'
import type { BlockRequestMessage, RequestMessage, SwarmMessage } from '@p2pshare/wire'
import { equals } from 'uint8arrays/equals'
import { memoryValues, realClock, silentLog } from './node-parts.ts'
import { readPiece } from './partial-holder.ts'

/** What the peer does to a piece on its way out: the same bytes, or others. */
export type Tamper = (piece: PieceIndex, block: Buffer) => Buffer

/** A share as the peer pretends to have it. */
export interface EvilShare {
  root: IndexBlock['cid']
  blocks: readonly IndexBlock[]
  /** What it claims; of whatever length. */
  pieces: Bitfield
  read(piece: PieceIndex): Promise<Buffer>
}

/** A true share, to be tampered with. */
export function wholeShare({ layout, path }: ImportedShare): EvilShare {
  return {
    root: layout.root,
    blocks: layout.indexBlocks,
    pieces: Bitfield.full(layout.pieceCount),
    read: (piece) => readPiece(layout, path, piece)
  }
}

/** What the peer says again and again, the `n`th time, once the other side has joined a share, by its own slot. */
export type Nag = (slot: number, n: number) => SwarmMessage

/** Messages that a nagging peer sends before it pauses for a moment, and at most. */
const NAG_BURST = 100
const NAG_MOST = 1_000_000

/** A peer that speaks the swarm protocol in the test's own process, and lies. */
export interface EvilPeer extends AsyncDisposable {
  readonly peerId: string
  /** Pieces it has sent that were not what it had promised. */
  readonly spoilt: ReadonlySet<number>
  /** How many links others have had to it. */
  readonly links: number
  /** How often it has nagged. */
  readonly nagged: number
  /** Where it can be reached, signed. */
  record(): Promise<Uint8Array>
}

/** Starts it on 127.0.0.1; it announces the shares and claims to have all of them. */
export async function startEvilPeer(init: {
  shares: readonly EvilShare[]
  bootstrap: readonly string[]
  tamper?: Tamper
  /** Asked for once the peer is up. */
  nag?: (self: EvilPeer) => Promise<Nag>
}): Promise<EvilPeer> {
  const { shares, bootstrap, tamper = (_piece, block) => block } = init
  const node = await createNetwork({
    privateKey: await generateKeyPair('Ed25519'),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap,
    network: { kind: 'local' },
    mdns: false,
    values: memoryValues(),
    log: silentLog,
    clock: realClock,
    rng: seededRng(666),
    agentVersion: 'honest/1.0.0'
  })
  const spoilt = new Set<number>()
  const counts = { links: 0, nagged: 0 }
  const nagging: { nag: Nag | undefined } = { nag: undefined }
  node.network.onLink((link) => {
    counts.links++
    const nextNag = (slot: number): SwarmMessage | undefined =>
      counts.nagged < NAG_MOST ? nagging.nag?.(slot, counts.nagged++) : undefined
    link.start(new EvilConversation({ link, shares, tamper, spoilt, nextNag }))
  })
  await node.network.start()
  const peer: EvilPeer = {
    peerId: node.network.self,
    spoilt,
    get links() {
      return counts.links
    },
    get nagged() {
      return counts.nagged
    },
    record: async () => (await node.network.ownRecord('lan')) ?? new Uint8Array(0),
    [Symbol.asyncDispose]: () => node.network.stop()
  }
  nagging.nag = await init.nag?.(peer)
  for (const share of shares) announce(node, share)
  return peer
}

function announce({ directory }: Network, { root }: EvilShare): void {
  const none = { count: 0, key: () => root.multihash.digest }
  directory.publish({ share: root.toString(), root: root.multihash.digest, files: none, chunks: none })
}

/** One link: takes every subscription, has everything, answers everything. */
class EvilConversation implements LinkHandler {
  readonly #link: PeerLink
  readonly #shares: readonly EvilShare[]
  /** By the other side's slot. */
  readonly #slots = new Map<number, EvilShare>()
  readonly #tamper: Tamper
  readonly #spoilt: Set<number>

  readonly #nextNag: (slot: number) => SwarmMessage | undefined
  #closed = false

  constructor(init: {
    link: PeerLink
    shares: readonly EvilShare[]
    tamper: Tamper
    spoilt: Set<number>
    nextNag: (slot: number) => SwarmMessage | undefined
  }) {
    this.#link = init.link
    this.#shares = init.shares
    this.#tamper = init.tamper
    this.#spoilt = init.spoilt
    this.#nextNag = init.nextNag
  }

  onMessage(message: SwarmMessage): void {
    switch (message.type) {
      case 'subscribe':
        return this.#join(message)
      case 'request':
        return void this.#answer(message)
      case 'block-request':
        return void this.#answerBlock(message)
      case 'ping':
        return this.#link.send({ type: 'pong', nonce: message.nonce })
      default:
    }
  }

  targetFor(): undefined {
    return undefined
  }

  onData(): void {
    // It asks for nothing.
  }

  onClose(): void {
    this.#closed = true
  }

  #join({ slot, root, name }: Extract<SwarmMessage, { type: 'subscribe' }>): void {
    const share = this.#shares.find((each) => equals(each.root.bytes, root))
    if (share === undefined) {
      return this.#link.send({ type: 'unsubscribe', slot, refused: true, reason: 'unknown-share' })
    }
    this.#slots.set(slot, share)
    this.#link.send({ type: 'subscribe', slot, root, name })
    this.#link.send({ type: 'piece-map', slot, pieces: share.pieces })
    this.#link.send({ type: 'choke', slot, choked: false })
    void this.#nag(slot)
  }

  async #nag(slot: number): Promise<void> {
    while (!this.#closed) {
      for (let i = 0; i < NAG_BURST; i++) {
        const message = this.#nextNag(slot)
        if (message === undefined) return
        this.#link.send(message)
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  async #answer({ id, slot, piece, count, offset, length }: RequestMessage): Promise<void> {
    const share = this.#slots.get(slot)
    if (share === undefined) return
    const parts: Buffer[] = []
    for (let i = 0; i < count; i++) parts.push(await this.#piece(share, pieceIndex(piece + i)))
    await this.#send(id, Buffer.concat(parts).subarray(offset, offset + length))
  }

  async #answerBlock({ id, digest, offset, length }: BlockRequestMessage): Promise<void> {
    const blocks = this.#shares.flatMap((share) => share.blocks)
    const index = blocks.find(({ cid }) => equals(cid.multihash.digest, digest))
    if (index === undefined) return this.#link.send({ type: 'refuse', id, reason: 'lacking' })
    const end = length === 0 ? index.data.byteLength : offset + length
    await this.#send(id, index.data.subarray(offset, bytes(end)))
  }

  async #piece(share: EvilShare, piece: PieceIndex): Promise<Buffer> {
    const right = await share.read(piece)
    const sent = this.#tamper(piece, Buffer.from(right))
    if (!sent.equals(right)) this.#spoilt.add(piece)
    return sent
  }

  /** The other side may be gone, having had enough of us. */
  async #send(id: number, payload: Uint8Array): Promise<void> {
    await this.#link.sendData(id, payload).catch(() => undefined)
  }
}
