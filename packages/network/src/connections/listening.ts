import { type Clock, type Millis, millis, SECOND } from '@p2pshare/base'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Log } from '@p2pshare/ports'
import { reasonOf } from '../errors.ts'
import type { ListenerBook } from './listener-book.ts'

/** What failed is tried again no sooner. */
const RETRY = millis(10 * SECOND)

/** The part of libp2p that opens listeners. */
export interface ListenerOpener {
  listen(addresses: Multiaddr[]): Promise<void>
}

/**
 * Listens where it is wanted: opens what has become possible (an interface came back), closes what is not wanted any
 * more (its address is gone, so nobody could reach it, or another program may get it).
 */
export class Listening {
  readonly #book: ListenerBook
  readonly #opener: () => ListenerOpener
  readonly #log: Log
  readonly #clock: Pick<Clock, 'now'>
  /** When an address could not be listened on last. */
  readonly #failed = new Map<string, Millis>()
  #running = false

  constructor(book: ListenerBook, opener: () => ListenerOpener, clock: Pick<Clock, 'now'>, log: Log) {
    this.#book = book
    this.#opener = opener
    this.#clock = clock
    this.#log = log
  }

  /** Works towards `wanted`; what fails is tried again at the next call. Answers whether anything changed. */
  async settle(wanted: readonly string[]): Promise<boolean> {
    if (this.#running) return false
    this.#running = true
    try {
      const { open, close } = this.#book.plan(wanted)
      for (const listener of close) {
        this.#log.info(
          { addresses: listener.getAddrs().map(String) },
          'address gone: no longer listening there'
        )
        await listener.close().catch((error: unknown) => this.#complain('close', error))
        this.#book.closed(listener)
      }
      const opened = []
      for (const { address, at } of open) if (await this.#open(address, at)) opened.push(address)
      return close.length > 0 || opened.length > 0
    } finally {
      this.#running = false
    }
  }

  async #open(address: string, at: string): Promise<boolean> {
    const failed = this.#failed.get(address)
    if (failed !== undefined && this.#clock.now() - failed < RETRY) return false
    try {
      await this.#opener().listen([multiaddr(at)])
    } catch (error) {
      if (failed === undefined) this.#complain(address, error)
      this.#failed.set(address, this.#clock.now())
      return false
    }
    this.#book.rename(at, address)
    this.#failed.delete(address)
    this.#log.info({ address }, 'listening again')
    return true
  }

  #complain(what: string, error: unknown): void {
    this.#log.warn({ address: what, error: reasonOf(error) }, 'cannot listen; it is tried again')
  }
}
