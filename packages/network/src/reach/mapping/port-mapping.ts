import type { Clock, Millis } from '@p2pshare/base'
import type { Log, PortMappingCondition } from '@p2pshare/ports'
import { PORT_MAPPING } from '../../limits/index.ts'
import { isPublicHost } from '../../node/address-scope.ts'
import type {
  FindMappers,
  Mapping,
  MappingFailure,
  MappingResult,
  MappingWish,
  PortMapper,
  Route
} from './port-mapper.ts'

/** What {@link PortMapping} stands on. */
export interface PortMappingInit {
  /** The way out now; undefined when there is none. */
  route: () => Route | undefined
  /** Port that this node listens on at one of its addresses; undefined when it does not listen there. */
  listenPort: (local: string) => number | undefined
  find: FindMappers
  /** Calls back when the router says that it was restarted; the answer ends that. */
  hear: (route: Route, onNews: () => void) => () => void
  /** The outside address came, changed or went. */
  onChange: () => void
  clock: Clock
  log: Log
}

interface Held {
  mapper: PortMapper
  wish: MappingWish
  mapping: Mapping
  /** Monotonic times of the last and the next renewal. */
  renewedAt: number
  renewAt: number
}

/**
 * Keeps a port of the router open for this node: asks for it, renews it, asks again when the router was restarted or
 * our own address changed, and takes it back at the end.
 */
export class PortMapping {
  readonly #init: PortMappingInit
  #running: AbortController | undefined
  #loop: Promise<void> | undefined
  #held: Held | undefined
  #failure: MappingFailure | undefined
  #searching = false
  #retry: number = PORT_MAPPING.firstRetry
  #retryAt = 0
  /** Route and port of the last attempt. */
  #asked = ''
  #wake: (() => void) | undefined
  #deafen: (() => void) | undefined

  constructor(init: PortMappingInit) {
    this.#init = init
  }

  /** `/ip4/…/tcp/…` outside, while it is mapped and leads somewhere. */
  get external(): string | undefined {
    const mapping = this.#held?.mapping
    if (mapping === undefined || !isPublicHost(mapping.externalHost)) return undefined
    return `/ip4/${mapping.externalHost}/tcp/${mapping.externalPort}`
  }

  start(): void {
    this.#running = new AbortController()
    this.#loop = this.#run(this.#running.signal)
  }

  /** Ends after at most {@link PORT_MAPPING.removal}. */
  async stop(): Promise<void> {
    this.#running?.abort()
    this.#deafen?.()
    this.#wake?.()
    await this.#loop
    await this.#giveBack()
  }

  /** What the router said, for people. */
  condition(): PortMappingCondition {
    const held = this.#held
    if (held !== undefined) {
      const { externalHost, externalPort } = held.mapping
      return {
        protocol: held.mapper.protocol,
        state: 'mapped',
        internalPort: held.wish.internalPort,
        external: `/ip4/${externalHost}/tcp/${externalPort}`,
        text: remarkOn(held)
      }
    }
    const nothing = { protocol: 'none', internalPort: undefined, external: undefined } as const
    if (this.#failure === undefined || this.#searching)
      return { ...nothing, state: 'searching', text: this.#failure?.text }
    return { ...nothing, ...this.#failure }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wish = this.#wish()
      const key = wish === undefined ? '' : JSON.stringify(wish)
      if (key !== this.#asked) {
        this.#asked = key
        this.#retry = PORT_MAPPING.firstRetry
        this.#retryAt = 0
        this.#deafen?.()
        this.#deafen = wish === undefined ? undefined : this.#init.hear(wish.route, () => this.#heard())
        await this.#giveBack()
      }
      const now = this.#init.clock.now()
      if (wish === undefined) this.#fail({ state: 'no-router', text: NO_ROUTE })
      else if (this.#held !== undefined && now >= this.#held.renewAt) await this.#renew(this.#held, signal)
      else if (this.#held === undefined && now >= this.#retryAt) await this.#attempt(wish, signal)
      if (!signal.aborted) await this.#pause(PORT_MAPPING.lookInterval)
    }
  }

  /** The router was restarted, or somebody says so: what it gave is asked for again, but not all the time. */
  #heard(): void {
    const now = this.#init.clock.now()
    const last = this.#held?.renewedAt ?? this.#retryAt - this.#retry
    if (now - last < PORT_MAPPING.minNews) return
    if (this.#held === undefined) this.#retryAt = now
    else this.#held.renewAt = now
    this.#wake?.()
  }

  #wish(): (MappingWish & { route: Route }) | undefined {
    const route = this.#init.route()
    const port = route === undefined ? undefined : this.#init.listenPort(route.local)
    if (route === undefined || port === undefined) return undefined
    return { route, local: route.local, internalPort: port, externalPort: port }
  }

  async #attempt(wish: MappingWish & { route: Route }, signal: AbortSignal): Promise<void> {
    this.#searching = true
    let why: MappingFailure = { state: 'no-router', text: NOBODY }
    for await (const found of this.#init.find(wish.route, signal)) {
      if (signal.aborted) return
      const result = 'protocol' in found ? await found.map(wish, signal) : { failure: found }
      if ('mapping' in result && 'protocol' in found) {
        this.#searching = false
        return this.#take(found, wish, result.mapping)
      }
      if ('failure' in result) why = result.failure
    }
    this.#searching = false
    if (!signal.aborted) this.#fail(why)
  }

  async #renew(held: Held, signal: AbortSignal): Promise<void> {
    const wish = { ...held.wish, externalPort: held.mapping.externalPort }
    const result: MappingResult = await held.mapper.map(wish, signal)
    if (signal.aborted) return
    if ('mapping' in result) return this.#take(held.mapper, held.wish, result.mapping)
    // Whatever it was, what we hold is worth nothing until the router says so again.
    this.#held = undefined
    this.#fail(result.failure)
    this.#init.onChange()
  }

  #take(mapper: PortMapper, wish: MappingWish, mapping: Mapping): void {
    const before = this.external
    const half = (mapping.lifetime ?? Number.POSITIVE_INFINITY) / 2
    const wait = Math.max(PORT_MAPPING.minRenewal, Math.min(PORT_MAPPING.renewal, half))
    const now = this.#init.clock.now()
    this.#held = { mapper, wish, mapping, renewedAt: now, renewAt: now + wait }
    this.#failure = undefined
    this.#retry = PORT_MAPPING.firstRetry
    if (this.external === before) return
    this.#init.log.info({ protocol: mapper.protocol, external: this.external ?? 'private' }, 'port mapped')
    this.#init.onChange()
  }

  #fail(failure: MappingFailure): void {
    if (failure.text !== this.#failure?.text) this.#init.log.info({ ...failure }, 'no port mapping')
    this.#failure = failure
    this.#retryAt = this.#init.clock.now() + this.#retry
    this.#retry = Math.min(this.#retry * 2, PORT_MAPPING.maxRetry)
  }

  async #giveBack(): Promise<void> {
    const held = this.#held
    this.#held = undefined
    if (held === undefined) return
    this.#init.onChange()
    const limit = new AbortController()
    const cancel = this.#init.clock.after(PORT_MAPPING.removal, () => limit.abort())
    await held.mapper.unmap(held.wish, held.mapping, limit.signal)
    cancel()
  }

  #pause(wait: Millis): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#init.clock.after(wait, resolve)
    this.#wake = () => {
      cancel()
      resolve()
    }
    return promise
  }
}

const NO_ROUTE =
  'There is no router: this machine has no private IPv4 address with a way out, or does not listen on it.'
const NOBODY = 'No router answers to UPnP or NAT-PMP.'

function remarkOn({ mapping, wish }: Held): string | undefined {
  const { externalHost, externalPort } = mapping
  if (!isPublicHost(externalHost))
    return `The router's own outside address ${externalHost} is not public: another router stands before it (double NAT).`
  if (externalPort !== wish.internalPort)
    return `The router gave port ${externalPort} instead of ${wish.internalPort}.`
  return undefined
}
