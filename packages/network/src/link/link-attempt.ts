import { type Clock, type Millis, ShareError } from '@p2pshare/base'
import type { PeerLink, PeerName } from '@p2pshare/ports'

function aborted(peer: PeerName): ShareError {
  return new ShareError({
    code: 'network.aborted',
    fault: 'network',
    message: `connecting to ${peer} was given up`,
    hint: 'Nothing to do: it was no longer wanted, or took too long.'
  })
}

/**
 * The wish for a link to one peer, shared by all who have it. It is granted by whichever link comes
 * first: the one we open, or one that the peer opens meanwhile.
 */
export class LinkAttempt {
  readonly peer: PeerName
  readonly #outcome = Promise.withResolvers<PeerLink>()
  readonly #dialling = new AbortController()
  #waiters = 0
  #settled = false
  #spoken = false

  /** @param onSettled - called once, a moment after the outcome is known */
  constructor(peer: PeerName, onSettled: () => void) {
    this.peer = peer
    this.#outcome.promise.then(onSettled, onSettled)
  }

  /** Ends our own dialling: nobody waits any more, or the peer's link goes first. */
  get signal(): AbortSignal {
    return this.#dialling.signal
  }

  get settled(): boolean {
    return this.#settled
  }

  /** Whether our hello has left: the peer may have seen it. */
  get spoken(): boolean {
    return this.#spoken
  }

  speak(): void {
    this.#spoken = true
  }

  /** Leaves the field to the peer's own attempt. */
  yieldToPeer(): void {
    this.#spoken = false
    this.#dialling.abort()
  }

  grant(link: PeerLink): void {
    if (this.#settled) return
    this.#settled = true
    this.#outcome.resolve(link)
  }

  fail(error: unknown): void {
    if (this.#settled) return
    this.#settled = true
    this.#dialling.abort()
    this.#outcome.reject(error)
  }

  /** Fails unless the peer's own link comes within `patience`. */
  failAfter(clock: Clock, patience: Millis, error: unknown): void {
    const cancel = clock.after(patience, () => this.fail(error))
    this.#outcome.promise.then(cancel, cancel)
  }

  /** @throws ShareError `network.aborted` by `signal`, or what the attempt failed with */
  wait(signal: AbortSignal): Promise<PeerLink> {
    if (signal.aborted) return Promise.reject(aborted(this.peer))
    this.#waiters++
    return new Promise((resolve, reject) => {
      const leave = () => {
        signal.removeEventListener('abort', onAbort)
        this.#waiters--
      }
      const onAbort = () => {
        leave()
        reject(aborted(this.peer))
        if (this.#waiters === 0) this.fail(aborted(this.peer))
      }
      signal.addEventListener('abort', onAbort)
      this.#outcome.promise.then(
        (link) => {
          leave()
          resolve(link)
        },
        (error: unknown) => {
          leave()
          reject(error)
        }
      )
    })
  }
}
