import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import type { CancelTimer, Clock, Millis } from '@p2pshare/base'
import { REACH } from '../limits/index.ts'
import { hostBlock } from '../node/address-scope.ts'
import type { AddressBook } from './address-book.ts'
import type { DialBackClient } from './autonat/dial-back-client.ts'
import { publicHostOf, publicTcp } from './public-host.ts'

/** What {@link Verifier} stands on. */
export interface VerifierInit {
  libp2p: Pick<Libp2p, 'getConnections'>
  client: Pick<DialBackClient, 'ask'>
  book: AddressBook
  clock: Clock
  /** Called before each look: the candidates may have changed. */
  refresh: () => void
  /** Called after each look: addresses may have become known to work, or not to. */
  onLook: () => void
}

/** A peer that answers questions. */
interface Server {
  peer: PeerId
  /** Monotonic ms until which it is left in peace. */
  notBefore: number
  /** Questions that came to nothing. */
  refused: number
}

/** Goes through the addresses that may be ours and asks connected peers about them, one question at a time. */
export class Verifier {
  readonly #init: VerifierInit
  /** Oldest first. */
  readonly #servers = new Map<string, Server>()
  #running: AbortController | undefined
  #cancel: CancelTimer | undefined
  #asking: Promise<void> | undefined

  constructor(init: VerifierInit) {
    this.#init = init
  }

  start(): void {
    this.#running = new AbortController()
    this.#arm(REACH.interval)
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    this.#running?.abort()
    await this.#asking
    this.#running = undefined
  }

  /** A connected peer speaks AutoNAT. */
  addServer(peer: PeerId): void {
    const key = peer.toString()
    if (this.#servers.has(key) || this.#servers.size >= REACH.maxServers) return
    this.#servers.set(key, { peer, notBefore: 0, refused: 0 })
    if (this.#asking === undefined) this.#arm(REACH.firstLook)
  }

  /** It is gone. */
  removeServer(peer: PeerId): void {
    this.#servers.delete(peer.toString())
  }

  /** Looks now, and asks until there is nothing to ask; a second call waits for the first. */
  look(): Promise<void> {
    const { signal } = this.#running ?? { signal: undefined }
    if (signal === undefined) return Promise.resolve()
    this.#asking ??= this.#askAll(signal).finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  #arm(delay: Millis): void {
    this.#cancel?.()
    if (this.#running === undefined) return
    this.#cancel = this.#init.clock.after(delay, () => {
      void this.look().then(() => {
        if (this.#running?.signal.aborted === false) this.#arm(REACH.interval)
      })
    })
  }

  async #askAll(signal: AbortSignal): Promise<void> {
    const { book, client, clock } = this.#init
    this.#init.refresh()
    for (const server of [...this.#servers.values()]) {
      const found = this.#questionFor(server)
      if (found === undefined || signal.aborted) continue
      const { connection, block, address } = found
      const finding = await client.ask(connection, address, clock.now(), signal)
      if (signal.aborted) return
      if (finding === 'nothing') {
        const wait = REACH.firstWait * 2 ** Math.min(server.refused++, 6)
        server.notBefore = clock.now() + Math.min(wait, REACH.retry)
      } else book.note(address, block, finding === 'works', clock.now())
      this.#init.onLook()
    }
    this.#init.onLook()
  }

  /** What a peer can be asked now; not about an address that it has itself: it is behind the same router. */
  #questionFor(server: Server): { connection: Connection; block: string; address: string } | undefined {
    const now = this.#init.clock.now()
    if (server.notBefore > now) return undefined
    for (const connection of this.#init.libp2p.getConnections(server.peer)) {
      const host = connection.status === 'open' ? publicHostOf(connection) : undefined
      if (host === undefined) continue
      const block = hostBlock(host)
      const address = this.#init.book.due(block, now).find((each) => publicTcp(each)?.host !== host)
      if (address !== undefined) return { connection, block, address }
    }
    return undefined
  }
}
