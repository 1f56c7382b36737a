import { isIPv4, isIPv6 } from 'node:net'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Clock, printable } from '@p2pshare/base'
import { NAMES } from '../limits/index.ts'
import type { NameService } from './name-service.ts'

/** Protocols of a multiaddr that begin with a name, and the family of the addresses behind it. */
const FAMILIES: Readonly<Record<string, 4 | 6 | undefined>> = { dns4: 4, dns6: 6, dns: undefined }

/** A name that led nowhere; `silent`: the name service did not answer. */
export class NameError extends Error {
  override readonly name = 'NameError'
  readonly silent: boolean

  constructor(message: string, silent: boolean) {
    super(message)
    this.silent = silent
  }
}

/** Whether an address begins with a name that must be looked up first. */
export function isNamed(address: Multiaddr): boolean {
  const first = address.getComponents()[0]?.name ?? ''
  return first === 'dnsaddr' || first in FAMILIES
}

/**
 * Turns names in addresses into IP literals, each lookup bounded in time; a name service that never answers holds
 * up nothing but the addresses that need it. Names come from strangers: few lookups run at a time, few addresses
 * are taken of each.
 */
export class NameResolver {
  readonly #service: NameService
  readonly #clock: Clock
  readonly #timeout: number
  /** Lookups that have not ended, those that nobody waits for any more included. */
  #running = 0

  constructor(service: NameService, clock: Clock, timeout: number = NAMES.timeout) {
    this.#service = service
    this.#clock = clock
    this.#timeout = timeout
  }

  /**
   * The addresses behind a named one, each with what followed the name; names another peer's are left out.
   * @throws NameError
   */
  async resolve(address: Multiaddr, signal: AbortSignal, depth = 0): Promise<Multiaddr[]> {
    const [first, ...rest] = address.getComponents()
    const name = first?.value ?? ''
    if (first === undefined || !isNamed(address)) return [address]
    if (depth >= NAMES.maxDepth)
      throw new NameError(`${printable(name)} leads to too many other names`, false)
    if (first.name === 'dnsaddr') return this.#follow(name, peerOf(address), signal, depth)
    const hosts = await this.#ask(name, signal, () => this.#service.addresses(name, FAMILIES[first.name]))
    const tail = rest
      .map(({ name: part, value }) => (value === undefined ? `/${part}` : `/${part}/${value}`))
      .join('')
    return hosts.slice(0, NAMES.maxAddresses).flatMap((host) => literal(host, tail))
  }

  /** `dnsaddr=<multiaddr>` in TXT records, each of which may begin with a name again. */
  async #follow(
    name: string,
    peer: string | undefined,
    signal: AbortSignal,
    depth: number
  ): Promise<Multiaddr[]> {
    const texts = await this.#ask(name, signal, () => this.#service.texts(`_dnsaddr.${name}`))
    const out: Multiaddr[] = []
    for (const text of texts.slice(0, 100)) {
      const target = parsed(/^"?dnsaddr=([!-~]{1,512}?)"?$/.exec(text.trim())?.[1])
      if (target === undefined || (peer !== undefined && peerOf(target) !== peer)) continue
      out.push(...(await this.resolve(target, signal, depth + 1)))
      if (out.length >= NAMES.maxAddresses) break
    }
    return out.slice(0, NAMES.maxAddresses)
  }

  async #ask(name: string, signal: AbortSignal, ask: () => Promise<string[]>): Promise<string[]> {
    signal.throwIfAborted()
    if (this.#running >= NAMES.concurrency)
      throw new NameError(
        `${printable(name)} was not looked up: ${this.#running} other lookups wait for DNS`,
        true
      )
    this.#running++
    const answer = ask().finally(() => this.#running--)
    const { promise: late, reject } = Promise.withResolvers<never>()
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const cancel = this.#clock.after(this.#timeout as never, () =>
      reject(new NameError(`DNS did not answer for ${printable(name)} within ${this.#timeout} ms`, true))
    )
    try {
      return await Promise.race([answer, late])
    } catch (error) {
      if (error instanceof NameError || signal.aborted) throw error
      const code = (error as { code?: unknown }).code
      throw new NameError(
        `DNS has no address for ${printable(name)} (${String(code ?? 'failed')})`,
        code === 'ETIMEOUT'
      )
    } finally {
      cancel()
      signal.removeEventListener('abort', onAbort)
    }
  }
}

function peerOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(({ name }) => name === 'p2p')?.value
}

function literal(host: string, tail: string): Multiaddr[] {
  if (!isIPv4(host) && !isIPv6(host)) return []
  const made = parsed(`/${isIPv4(host) ? 'ip4' : 'ip6'}/${host}${tail}`)
  return made === undefined ? [] : [made]
}

function parsed(text: string | undefined): Multiaddr | undefined {
  try {
    return text === undefined ? undefined : multiaddr(text)
  } catch {
    // From a stranger's DNS: leads nowhere.
    return undefined
  }
}
