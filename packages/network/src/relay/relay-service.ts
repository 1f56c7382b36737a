import type { Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import { type CancelTimer, type Clock } from '@p2pshare/base'
import type {
  KeyValueStore,
  Log,
  PeerName,
  RelayChange,
  Relaying,
  RelayingCondition,
  RelayStatus
} from '@p2pshare/ports'
import { reasonOf } from '../errors.ts'
import { RELAY } from '../limits/index.ts'
import type { ConditionPart } from '../node/condition.ts'
import { HopServer } from './hop-server.ts'
import { isReachable } from './reachable.ts'
import { HOP_PROTOCOL } from '../circuit/circuit-protocol.ts'
import { RelayPace } from './relay-pace.ts'
import { RelayRules } from './relay-rules.ts'
import { RelayStore } from './relay-store.ts'
import { relayText } from './relay-text.ts'

/** What a {@link RelayService} stands on. */
export interface RelayServiceInit {
  libp2p: Libp2p
  privateKey: PrivateKey
  values: KeyValueStore
  /** What the configuration says. */
  config: RelayChange
  clock: Clock
  log: Log
}

/** Relays for others from start to stop, as far as the settings and the node's place in the network allow it. */
export class RelayService implements Relaying {
  readonly #init: RelayServiceInit
  readonly #store: RelayStore
  readonly #rules: RelayRules
  readonly #pace: RelayPace
  readonly #server: HopServer
  #takesPart: (peer: PeerName) => boolean = () => false
  #carried = 0
  #unsaved = false
  #running = false
  /** Whether the protocol is offered, and the last change of that. */
  #offered = false
  #change: Promise<void> = Promise.resolve()
  #look: CancelTimer | undefined
  #save: CancelTimer | undefined

  constructor(init: RelayServiceInit) {
    const { clock, libp2p } = init
    this.#init = init
    this.#store = new RelayStore(init.values, init.config)
    const settings = this.#store.settings()
    const reachable = (): boolean => isReachable(libp2p)
    const used = { data: this.#store.budget('data'), signals: this.#store.budget('signals') }
    this.#rules = new RelayRules({ clock, settings, reachable, ...used })
    this.#pace = new RelayPace(clock, settings.rate)
    this.#server = new HopServer({
      ...init,
      rules: this.#rules,
      pace: this.#pace,
      takesPart: (peer) => this.#takesPart(peer),
      onCarried: (bytes) => this.#onCarried(bytes)
    })
    libp2p.addEventListener('peer:disconnect', (event: CustomEvent<PeerId>) =>
      this.#server.forget(event.detail.toString())
    )
    libp2p.addEventListener('self:peer:update', () => this.#offerOrNot())
  }

  start(): void {
    this.#running = true
    this.#offerOrNot()
    this.#watch()
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#look?.()
    this.#offerOrNot()
    this.#pace.stop()
    this.#saveNow()
    await this.#change
  }

  preferMembers(takesPart: (peer: PeerName) => boolean): void {
    this.#takesPart = takesPart
  }

  change(change: RelayChange): void {
    this.#store.keep(change)
    this.#apply()
  }

  configure(config: RelayChange): void {
    this.#store.configure(config)
    this.#apply()
  }

  /** Puts in force what is set now. */
  #apply(): void {
    const settings = this.#store.settings()
    const before = this.#rules.mode
    this.#rules.change(settings)
    this.#pace.change(settings.rate)
    if (before === 'data' && this.#rules.mode !== 'data') this.#server.endCircuits('stopped', 'data')
    this.#offerOrNot()
    this.#init.log.info({ ...settings, mode: this.#rules.mode }, 'relaying changed')
  }

  status(): RelayStatus {
    const rules = this.#rules
    const { settings, mode, reachable, resetsAt } = rules
    return {
      ...this.#condition(),
      settings,
      text: relayText({ settings, mode, reachable, resetsAt }),
      memberPlaces: rules.places.members,
      spent: rules.state('data').spent,
      resetsAt,
      signalsLeft: rules.signalsLeft,
      relayed: this.#server.relayed,
      refused: { ...this.#server.refused },
      ended: { ...this.#server.ended }
    }
  }

  /** Whether the peer can be reached through us; its connection is not to be closed. */
  holdsPlace(peer: PeerName): boolean {
    return this.#rules.place(peer) !== undefined
  }

  /** A relay for data is the user's own wish: its places come on top of a node's connections. */
  get extraConnections(): number {
    return this.#rules.mode === 'data' ? this.#rules.maxPlaces : 0
  }

  /** The node's condition as a relay. */
  readonly condition: ConditionPart = () => ({ relaying: this.#condition() })

  #condition(): RelayingCondition {
    const rules = this.#rules
    const left = rules.settings.choice === 'data' ? rules.dataLeft : rules.signalsLeft
    return {
      mode: this.#running ? rules.mode : 'off',
      places: rules.places.all,
      maxPlaces: rules.maxPlaces,
      circuits: rules.circuits,
      carried: this.#carried,
      left: Number.isFinite(left) ? left : undefined
    }
  }

  #watch(): void {
    this.#look = this.#init.clock.after(RELAY.lookInterval, () => {
      this.#offerOrNot()
      if (this.#running) this.#watch()
    })
  }

  /** Offers the protocol while there is something to offer, so that nobody counts on a relay that is none. */
  #offerOrNot(): void {
    const offer = this.#running && this.#rules.mode !== 'off'
    if (offer === this.#offered) return
    this.#offered = offer
    const { libp2p, log } = this.#init
    if (!offer) {
      this.#server.endCircuits('stopped')
      this.#server.forgetAll()
    }
    this.#change = this.#change
      .then(() =>
        offer
          ? // A peer's circuits and its requests are streams of this protocol.
            libp2p.handle(HOP_PROTOCOL, this.#server.accept, {
              maxInboundStreams: RELAY.circuitsPerSource + RELAY.openRequestsPerConnection,
              maxOutboundStreams: RELAY.circuitsPerSource + RELAY.openRequestsPerConnection
            })
          : libp2p.unhandle(HOP_PROTOCOL)
      )
      .catch((error: unknown) => log.warn({ error: reasonOf(error) }, 'the relay could not be switched'))
    log.info({ mode: this.#rules.mode }, offer ? 'relaying for others' : 'relaying for nobody')
  }

  #onCarried(bytes: number): void {
    this.#carried += bytes
    this.#unsaved = true
    this.#save ??= this.#init.clock.after(RELAY.saveInterval, () => this.#saveNow())
  }

  #saveNow(): void {
    this.#save?.()
    this.#save = undefined
    if (!this.#unsaved) return
    this.#unsaved = false
    for (const kind of ['data', 'signals'] as const) this.#store.keepBudget(kind, this.#rules.state(kind))
  }
}
