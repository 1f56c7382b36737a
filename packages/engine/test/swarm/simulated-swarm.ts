import { Bitfield, type Bytes, bytes, millis, type PieceIndex, seededRng } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import {
  createSwarm,
  type Swarm,
  type SwarmEffect,
  type SwarmEvent,
  type SwarmLimits
} from '../../src/index.ts'
import { TrustLedger } from '../../src/trust/trust-ledger.ts'

/** How a simulated peer serves. */
export interface PeerPlan {
  name: string
  /** Bytes per second. */
  rate: number
  /** Round trip in ms. */
  rtt?: number
  /** Pieces that it has; all when missing. */
  pieces?: (piece: number) => boolean
  /** Pieces of which it sends wrong bytes. */
  corrupt?: (piece: number) => boolean
  /** Claims that it refuses as lacking. */
  lacks?: (piece: number) => boolean
  /** Reads requests and never answers, from this time (ms) on. */
  silentFrom?: number
  /** Disconnects at this time (ms). */
  leavesAt?: number
}

type Request = Extract<SwarmEffect, { kind: 'request' }>

interface Remote extends PeerPlan {
  queue: Request[]
  busy: boolean
  gone: boolean
  sent: number
  delivered: number
}

/** A swarm with a session made of virtual time: peers answer in order, each at its own rate. */
export class SimulatedSwarm {
  readonly clock = new VirtualClock()
  readonly swarm: Swarm
  readonly ledger = new TrustLedger()
  readonly effects: SwarmEffect[] = []
  readonly banned = new Map<string, number>()
  completeAt: number | undefined
  /** Payload bytes that arrived, wanted or not. */
  arrivedBytes = 0
  readonly remotes = new Map<string, Remote>()
  readonly #size: (piece: number) => number
  readonly #cancelled = new Set<number>()
  /** Who wrote which range of the piece's buffer, and whether the bytes are right. */
  readonly #buffers = new Map<number, Map<number, boolean>>()
  #cancelTimer: () => void = () => {}

  constructor(init: {
    pieceCount: number
    size: (piece: number) => number
    peers: PeerPlan[]
    seed?: number
    limits?: Partial<SwarmLimits>
  }) {
    this.#size = init.size
    this.swarm = createSwarm({
      layout: { pieceCount: init.pieceCount, blockSize: (p) => bytes(init.size(p)) },
      have: new Bitfield(init.pieceCount),
      rng: seededRng(init.seed ?? 1),
      ...(init.limits === undefined ? {} : { limits: init.limits })
    })
    for (const plan of init.peers) this.join(plan)
  }

  event(event: SwarmEvent): void {
    this.swarm.handle(event, this.clock.now())
    for (const effect of this.swarm.takeEffects()) this.#run(effect)
    this.#cancelTimer()
    const wake = this.swarm.nextWake()
    if (wake === undefined) return
    if (wake <= this.clock.now() && event.kind === 'tick') throw new Error('wakes without end')
    this.#cancelTimer = this.clock.after(millis(wake - this.clock.now()), () => this.event({ kind: 'tick' }))
  }

  /** Runs until complete or `limit` ms have passed. */
  run(limit: number): void {
    while (this.completeAt === undefined && this.clock.now() < limit) this.clock.advance(100)
  }

  count(kind: SwarmEffect['kind']): number {
    return this.effects.filter((effect) => effect.kind === kind).length
  }

  /** A peer comes. */
  join(plan: PeerPlan): void {
    const { pieceCount } = this.swarm.snapshot()
    const remote: Remote = { ...plan, queue: [], busy: false, gone: false, sent: 0, delivered: 0 }
    this.remotes.set(plan.name, remote)
    const pieces = new Bitfield(pieceCount)
    for (let p = 0; p < pieceCount; p++) if (plan.pieces?.(p) ?? true) pieces.set(p)
    this.event({ kind: 'peer-joined', peer: plan.name, maxRequests: 64 })
    this.event({ kind: 'round-trip', peer: plan.name, rtt: millis(plan.rtt ?? 20) })
    this.event({ kind: 'peer-pieces', peer: plan.name, pieces })
    if (plan.leavesAt !== undefined) this.clock.after(millis(plan.leavesAt), () => this.#leave(remote))
  }

  #leave(remote: Remote): void {
    if (remote.gone) return
    remote.gone = true
    remote.queue = []
    this.event({ kind: 'peer-left', peer: remote.name })
  }

  #run(effect: SwarmEffect): void {
    this.effects.push(effect)
    switch (effect.kind) {
      case 'request':
        this.clock.after(millis((this.remotes.get(effect.peer)?.rtt ?? 20) / 2), () => this.#receive(effect))
        break
      case 'cancel':
        this.#cancelled.add(effect.id)
        break
      case 'verify':
        this.clock.after(millis(1), () => {
          const ok = [...(this.#buffers.get(effect.piece)?.values() ?? [false])].every(Boolean)
          this.event({ kind: 'piece-verified', piece: effect.piece, ok })
        })
        break
      case 'write':
        this.clock.after(millis(1), () => this.event({ kind: 'piece-stored', piece: effect.piece }))
        break
      case 'release':
        this.#buffers.delete(effect.piece)
        break
      case 'strike':
        this.#strike(effect)
        break
      case 'drop-peer': {
        const remote = this.remotes.get(effect.peer)
        if (remote !== undefined) this.clock.after(millis(0), () => this.#leave(remote))
        break
      }
      case 'complete':
        this.completeAt = this.clock.now()
        break
      default:
    }
  }

  #strike(effect: Extract<SwarmEffect, { kind: 'strike' }>): void {
    const verdict = this.ledger.strike(effect.peer, effect.offence, this.clock.now())
    const remote = this.remotes.get(effect.peer)
    if (verdict.kind === 'rest') {
      const { until } = verdict
      this.clock.after(millis(0), () => this.event({ kind: 'peer-resting', peer: effect.peer, until }))
    } else if (verdict.kind === 'ban' && remote !== undefined) {
      this.banned.set(effect.peer, this.clock.now())
      this.clock.after(millis(0), () => this.#leave(remote))
    }
  }

  #receive(request: Request): void {
    const remote = this.remotes.get(request.peer)
    if (remote === undefined || remote.gone) return
    if (remote.lacks?.(request.piece) === true) {
      this.#later(remote, () =>
        this.event({ kind: 'refused', peer: remote.name, id: request.id, reason: 'lacking' })
      )
      return
    }
    remote.queue.push(request)
    if (!remote.busy) this.#serve(remote)
  }

  #serve(remote: Remote): void {
    const request = remote.queue.shift()
    remote.busy = request !== undefined
    if (request === undefined) return
    if (this.#cancelled.has(request.id)) return this.#serve(remote)
    if (this.clock.now() >= (remote.silentFrom ?? Number.POSITIVE_INFINITY)) return
    this.#sendPart(remote, request, 0)
  }

  #sendPart(remote: Remote, request: Request, from: number): void {
    const part = Math.min(65_536, request.length - from)
    this.clock.after(millis((part * 1000) / remote.rate), () => {
      if (remote.gone) return
      const last = from + part >= request.length
      this.#later(remote, () => this.#arrive(remote, request, bytes(part), last))
      if (last) this.#serve(remote)
      else this.#sendPart(remote, request, from + part)
    })
  }

  #arrive(remote: Remote, request: Request, part: Bytes, last: boolean): void {
    if (remote.gone) return
    this.arrivedBytes += part
    remote.delivered += part
    this.event({ kind: 'data-progress', peer: remote.name, bytes: part })
    if (!last || this.#cancelled.has(request.id)) return
    for (let i = 0; i < request.count; i++) {
      const piece = (request.piece + i) as PieceIndex
      const buffer = this.#buffers.get(piece) ?? new Map<number, boolean>()
      buffer.set(request.offset, remote.corrupt?.(piece) !== true)
      this.#buffers.set(piece, buffer)
    }
    this.event({ kind: 'data-arrived', peer: remote.name, id: request.id })
  }

  #later(remote: Remote, run: () => void): void {
    this.clock.after(millis((remote.rtt ?? 20) / 2), run)
  }

  /** Content bytes of the share. */
  get totalBytes(): number {
    let sum = 0
    for (let p = 0; p < this.swarm.snapshot().pieceCount; p++) sum += this.#size(p)
    return sum
  }
}
