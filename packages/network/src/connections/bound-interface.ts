import { isIP, isIPv4, isIPv6 } from 'node:net'
import { printable, ShareError } from '@p2pshare/base'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { hostOf, isLoopbackHost } from '../node/address-scope.ts'
import { bareAddress, type LocalAddresses } from './local-addresses.ts'

/** The addresses that our sockets use; a family without one is not used. */
export interface BoundAddresses {
  ip4: string | undefined
  ip6: string | undefined
}

const NOTHING: BoundAddresses = { ip4: undefined, ip6: undefined }
const WILDCARDS = { '0.0.0.0': 'ip4', '::': 'ip6' } as const

/**
 * The interface or address that all sockets of this node are bound to (`bind`). Where it is missing nothing is sent
 * or taken: a socket that is bound to an address which is not there fails, and no other is ever made.
 */
export class BoundInterface {
  /** As it was given. */
  readonly name: string
  #present: BoundAddresses

  /** @throws ShareError `network.bad-bind` */
  constructor(name: string, local: LocalAddresses) {
    if (name === '' || name.length > 64 || WILDCARDS[name as keyof typeof WILDCARDS] !== undefined)
      throw badBind(name)
    this.name = name
    this.#present = presentOf(name, local)
  }

  /** What it has now. */
  get addresses(): BoundAddresses {
    return this.#present
  }

  get missing(): boolean {
    return this.#present.ip4 === undefined && this.#present.ip6 === undefined
  }

  /** Interfaces have changed. */
  update(local: LocalAddresses): void {
    this.#present = presentOf(this.name, local)
  }

  /** The source of a connection to this address; undefined: there is none, and it must not be dialled. */
  sourceFor(target: Multiaddr): string | undefined {
    const { ip4, ip6 } = this.#present
    const host = hostOf(target)
    if (host !== undefined) return isIPv4(host) ? ip4 : ip6
    const kind = target.getComponents()[0]?.name
    if (kind === 'dns4') return ip4
    return kind === 'dns6' ? ip6 : (ip4 ?? ip6)
  }
}

/** The error of a start without it. */
export function bindMissing(name: string): ShareError {
  return new ShareError({
    code: 'network.bind-missing',
    fault: 'daemon',
    message: `The interface or address of the option "bind", ${printable(name)}, is not there (or is down).`,
    hint: 'Bring it up, correct the option, or leave it out to use every interface.'
  })
}

function badBind(name: string): ShareError {
  return new ShareError({
    code: 'network.bad-bind',
    fault: 'daemon',
    message: `Option "bind" is ${printable(name, 80)}, which names no one interface or address.`,
    hint: 'Write the name of an interface, such as wg0, or one address of this machine.'
  })
}

/**
 * Where to listen now.
 * @param configured - option `listen`
 * @returns the addresses with those that are not there left out, and "everywhere" narrowed down to what is bound
 */
export function listenNow(
  configured: readonly string[],
  local: LocalAddresses,
  bound: BoundInterface | undefined
): string[] {
  const here = new Set([...local.values()].flat())
  return configured.flatMap((text) => {
    const host = hostOf(multiaddr(text))
    if (host === undefined) return [text]
    const everywhere = WILDCARDS[host as keyof typeof WILDCARDS]
    if (bound === undefined) return isThere(host, here) ? [text] : []
    const { ip4, ip6 } = bound.addresses
    if (everywhere === undefined) {
      return host === ip4 || host === ip6 ? [text] : []
    }
    const own = everywhere === 'ip4' ? ip4 : ip6
    return own === undefined ? [] : [text.replace(`/${everywhere}/${host}/`, `/${everywhere}/${own}/`)]
  })
}

/** @throws ShareError `network.bind-conflict` when a configured address lies elsewhere than what is bound */
export function checkListen(configured: readonly string[], bound: BoundInterface): void {
  for (const text of configured) {
    const host = hostOf(multiaddr(text))
    if (host !== undefined && !isEverywhere(text) && !isOf(bound, host)) throw bindConflict(text, bound.name)
  }
}

/** Whether this machine has an address, or any of the family that a wildcard means. */
function isThere(host: string, here: ReadonlySet<string>): boolean {
  const everywhere = WILDCARDS[host as keyof typeof WILDCARDS]
  if (everywhere === 'ip6') return [...here].some(isIPv6)
  return everywhere === 'ip4' || isLoopbackHost(host) || here.has(bareAddress(host))
}

/** Whether a multiaddr names an IP address to listen on (others are the business of other transports). */
export function isOfThisMachine(address: string): boolean {
  return hostOf(multiaddr(address)) !== undefined
}

/** Whether a multiaddr means every address of a family. */
export function isEverywhere(address: string): boolean {
  return Object.hasOwn(WILDCARDS, hostOf(multiaddr(address)) ?? '')
}

/** An address that is not the interface's now may have been, and may be again: only another one of ours is a conflict. */
function isOf(bound: BoundInterface, host: string): boolean {
  if (isIP(bound.name) !== 0) return bareAddress(bound.name) === host
  const { ip4, ip6 } = bound.addresses
  return bound.missing || host === ip4 || host === ip6
}

function bindConflict(address: string, name: string): ShareError {
  return new ShareError({
    code: 'network.bind-conflict',
    fault: 'daemon',
    message: `Option "listen" holds ${printable(address)}, which is not an address of ${printable(name)} (option "bind").`,
    hint: 'Listen on /ip4/0.0.0.0/tcp/<port>: with "bind" that means the bound address only.'
  })
}

function presentOf(name: string, local: LocalAddresses): BoundAddresses {
  if (isIP(name) !== 0) {
    const address = bareAddress(name)
    // All of 127.0.0.0/8 is this machine's, though only one address of it is listed.
    const there = isLoopbackHost(address) || [...local.values()].some((list) => list.includes(address))
    if (!there) return NOTHING
    return isIPv4(address) ? { ip4: address, ip6: undefined } : { ip4: undefined, ip6: address }
  }
  const list = local.get(name) ?? []
  // A link-local address needs a zone, and leads no further than the next router.
  const ip6 = list.find((address) => isIPv6(address) && !address.startsWith('fe80:'))
  return { ip4: list.find((address) => isIPv4(address)), ip6 }
}
