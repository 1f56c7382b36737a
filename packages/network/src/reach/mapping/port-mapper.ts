/** A way out of our network: the router, and our own address on its side. Both are IPv4 literals. */
export interface Route {
  /** Undefined where the system does not tell. */
  gateway: string | undefined
  local: string
  /** Bits of the network that `local` and the router are in. */
  prefix: number
}

/** What is asked of a router: TCP connections to a port of its outside address, for a port of ours. */
export interface MappingWish {
  local: string
  internalPort: number
  /** A hint; the router may give another one. */
  externalPort: number
}

/** What a router gave. */
export interface Mapping {
  /** IPv4 literal, checked to be one; may be private where a second router follows. */
  externalHost: string
  /** 1 to 65535. */
  externalPort: number
  /** Milliseconds; undefined = for ever. */
  lifetime: number | undefined
}

/** Why there is no mapping. */
export interface MappingFailure {
  state: 'no-router' | 'refused' | 'nonsense'
  /** One sentence for people, already escaped. */
  text: string
}

/** A mapping, or why there is none; routers that misbehave are data. */
export type MappingResult = { mapping: Mapping } | { failure: MappingFailure }

/**
 * One router that can be asked by one protocol. Every call is bounded in time and memory whatever the router does,
 * never throws, and speaks to no other host than the router.
 */
export interface PortMapper {
  readonly protocol: 'upnp' | 'nat-pmp'
  /** Asks for a mapping, or renews the one there is. */
  map(wish: MappingWish, signal: AbortSignal): Promise<MappingResult>
  /** Takes it back; what the router says to that is not looked at. */
  unmap(wish: MappingWish, mapping: Mapping, signal: AbortSignal): Promise<void>
}

/**
 * Looks for routers that can be asked and yields each as it is found, or what is wrong with it. Ends by itself, soon
 * after the signal fired or the consumer left.
 */
export type FindMappers = (
  route: Route,
  signal: AbortSignal
) => AsyncGenerator<PortMapper | MappingFailure, void>

/** A failure as a result. */
export function failed(state: MappingFailure['state'], text: string): { failure: MappingFailure } {
  return { failure: { state, text } }
}

/** Whether a number can be a TCP port. */
export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535
}
