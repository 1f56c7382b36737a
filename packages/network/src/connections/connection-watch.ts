import type { Connection, Libp2p } from '@libp2p/interface'
import type { CancelTimer, Clock } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { isLoopbackHost } from '../node/address-scope.ts'
import { LIFE, type LifeLimits } from '../limits/index.ts'
import { connectionEnded } from './connection-ended.ts'
import { askForLife, socketOf } from './connection-sight.ts'
import { bareAddress, changeOf, type LocalAddresses } from './local-addresses.ts'
import { Silence, type SilenceVerdict } from './silence.ts'
import { SleepDetector } from './sleep-detector.ts'

/** What {@link ConnectionWatch} is made of. */
export interface ConnectionWatchInit {
  node: Pick<Libp2p, 'getConnections'>
  clock: Clock
  log: Log
  limits?: Partial<LifeLimits>
  /** The addresses of this machine now. */
  local: () => LocalAddresses | undefined
  /** Whether a swarm link runs over the connection. */
  isLinked: (connection: Connection) => boolean
  /** Called at each look, with the addresses of this machine. */
  onLook: (local: LocalAddresses) => void
  /** The way to others is not what it was: interfaces changed, or we slept for long. */
  onMoved: () => void
}

/**
 * Ends connections whose other side is gone, without waiting for the kernel, which takes a quarter of an hour: those
 * from which nothing comes (see {@link Silence}), all doubtful ones after a sleep, and at once those whose address
 * this machine no longer has.
 */
export class ConnectionWatch {
  readonly #init: ConnectionWatchInit
  readonly #limits: LifeLimits
  readonly #silences = new WeakMap<Connection, Silence>()
  #sleep: SleepDetector
  #local: LocalAddresses = new Map()
  #cancel: CancelTimer | undefined
  #stopped = false

  constructor(init: ConnectionWatchInit) {
    this.#init = init
    this.#limits = { ...LIFE, ...init.limits }
    this.#sleep = new SleepDetector(init.clock, this.#limits.look)
  }

  start(): void {
    this.#local = this.#init.local() ?? this.#local
    this.#sleep = new SleepDetector(this.#init.clock, this.#limits.look)
    this.#arm()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #arm(): void {
    if (this.#stopped) return
    this.#cancel = this.#init.clock.after(this.#limits.look, () => {
      // First: whatever a look runs into must not end the watch.
      this.#arm()
      this.#look()
    })
  }

  #look(): void {
    const late = this.#sleep.look()
    const slept = late >= this.#limits.slept
    const moved = this.#lookAtAddresses()
    const now = this.#init.clock.now()
    for (const connection of this.#init.node.getConnections()) {
      const socket = socketOf(connection)
      if (socket === undefined) continue
      const silence = this.#silences.get(connection) ?? new Silence(now)
      this.#silences.set(connection, silence)
      // What came while we slept has not been read yet: nothing is judged by it.
      if (slept || moved) silence.doubt()
      else {
        const linked = this.#init.isLinked(connection)
        this.#act(connection, silence.look({ ...socket, linked }, now, this.#limits))
      }
    }
    if (slept)
      this.#init.log.info({ ms: Math.round(late) }, 'stood still for a while: connections are looked at')
    if (moved || late >= this.#limits.sleptLong) this.#init.onMoved()
  }

  #act(connection: Connection, verdict: SilenceVerdict): void {
    if (verdict === 'ask') askForLife(connection)
    if (verdict === 'dead') this.#end(connection, 'nothing comes from the other side any more')
  }

  #end(connection: Connection, why: string): void {
    this.#init.log.debug({ peer: connection.remotePeer.toString(), why }, 'connection ended')
    connection.abort(connectionEnded(why))
  }

  /** Answers whether they changed. */
  #lookAtAddresses(): boolean {
    const local = this.#init.local()
    if (local === undefined) return false
    const { gone, come } = changeOf(this.#local, local)
    this.#local = local
    if (gone.size > 0) this.#cut(gone)
    if (gone.size + come.size > 0)
      this.#init.log.info({ gone: [...gone], come: [...come] }, 'addresses of this machine changed')
    this.#init.onLook(local)
    return gone.size + come.size > 0
  }

  #cut(gone: ReadonlySet<string>): void {
    for (const connection of this.#init.node.getConnections()) {
      const { localAddress } = socketOf(connection) ?? {}
      if (localAddress === undefined) continue
      const own = bareAddress(localAddress)
      if (gone.has(own) && !isLoopbackHost(own)) this.#end(connection, `address ${own} is gone`)
    }
  }
}
