import { seededRng } from '@p2pshare/base'
import { parseShareRef } from '@p2pshare/content'
import type { Log } from '@p2pshare/ports'
import { Session, type ShareDriver } from '@p2pshare/session'
import {
  MemoryCatalogue,
  type SampledContent,
  sampledDigest,
  type SimBoard,
  type SimFabric,
  SimFiles,
  type SimNetwork,
  type SlotArena,
  type StepClock
} from '@p2pshare/testkit/simulation'
import type { Leaving, NodeSpec } from './swarm-spec.ts'

/** A log that only hears of bad pieces, by the peer that sent them. */
function badPieceLog(count: (peer: string) => void): Log {
  const log: Log = {
    debug() {},
    info() {},
    warn(fields) {
      if (fields['offence'] === 'bad-piece') count(String(fields['peer']))
    },
    error() {},
    child: () => log
  }
  return log
}

/** What a node needs of the swarm around it. */
export interface PeerWorld {
  readonly spec: { readonly seed: number; readonly superSeeding: boolean }
  readonly clock: StepClock
  readonly fabric: SimFabric
  readonly board: SimBoard
  readonly content: SampledContent
  readonly arena: SlotArena
}

/** One node, running. */
export class SimPeer {
  readonly name: string
  readonly spec: NodeSpec
  readonly network: SimNetwork
  readonly catalogue: MemoryCatalogue = new MemoryCatalogue()
  readonly files: SimFiles
  readonly session: Session
  driver: ShareDriver | undefined
  /** When its last piece was stored, in ms after it joined. */
  completed: number | undefined
  /** When it left, before it was done. */
  left: number | undefined
  joined = 0
  /** When it last stored a piece. */
  lastPiece = 0
  /** The longest that it waited for a piece after the first, in ms. */
  longestWait = 0
  /** Bad pieces it got, by sender. */
  readonly badPieces: Map<string, number> = new Map()
  readonly #swarm: PeerWorld

  constructor(swarm: PeerWorld, name: string, spec: NodeSpec) {
    this.#swarm = swarm
    this.name = name
    this.spec = spec
    this.network = swarm.fabric.join(name, spec)
    this.files = new SimFiles(swarm.content, swarm.arena, {
      onStored: () => this.#onStored(),
      onFinished: () => {
        this.completed = swarm.clock.now() - this.joined
      }
    })
    if (spec.role === 'corrupt') this.files.corrupt = new Uint8Array(1024 * 1024)
    if (spec.role === 'free-rider') this.network.line.filter = claimsNothing
    this.session = new Session({
      catalogue: this.catalogue,
      files: this.files,
      network: this.network,
      directory: swarm.board.join(name),
      hasher: async (data) => sampledDigest(data),
      clock: swarm.clock,
      rng: seededRng(swarm.spec.seed * 65_537 + this.network.line.index),
      log: badPieceLog((peer) => this.badPieces.set(peer, (this.badPieces.get(peer) ?? 0) + 1)),
      allocate: (size) => swarm.arena.allocate(size),
      settings: { superSeed: swarm.spec.superSeeding ? 'auto' : 'off' }
    })
  }

  /** Payload bytes and control messages that left through its line. */
  get sent(): number {
    return this.network.line.uplink.sent
  }

  async start(): Promise<void> {
    this.joined = this.lastPiece = this.#swarm.clock.now()
    await this.network.start()
    this.session.start()
    const { cid } = this.#swarm.content
    if (this.spec.role === 'seeder') {
      this.files.fill()
      await this.session.seed('/content', { signal: new AbortController().signal })
      this.driver = this.session.share(cid)
    } else {
      this.driver = await this.session.fetch(parseShareRef(cid), { folder: '/downloads', force: false })
    }
  }

  async leave(how: Leaving['how']): Promise<void> {
    if (this.left !== undefined) return
    this.left = this.#swarm.clock.now() - this.joined
    this.#swarm.board.remove(this.name)
    if (how === 'crash') this.network.crash()
    await this.session.stop()
    if (how === 'graceful') await this.network.stop()
  }

  #onStored(): void {
    const now = this.#swarm.clock.now()
    const { have } = this.files
    if (have.count > 1) this.longestWait = Math.max(this.longestWait, now - this.lastPiece)
    this.lastPiece = now
    const { leaves } = this.spec
    if (leaves !== undefined && have.count >= leaves.at * have.length) void this.leave(leaves.how)
  }
}

/** Says nothing of what it has, so that nobody asks for it. */
function claimsNothing(message: { type: string }): boolean {
  return message.type !== 'piece-map' && message.type !== 'piece-delta'
}
