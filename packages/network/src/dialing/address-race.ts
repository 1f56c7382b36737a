import type { Connection } from '@libp2p/interface'
import type { CancelTimer, Clock, Millis } from '@p2pshare/base'
import { millis } from '@p2pshare/base'
import { type FailedAddress, NoAnswerError } from './dial-failure.ts'
import { DialRace, type RaceAddress, type RaceEvent, type RaceLimits } from './dial-race.ts'

/** What a race dials with. */
export interface AddressRaceInit {
  dial(address: string, signal: AbortSignal): Promise<Connection>
  clock: Clock
  limits: RaceLimits
  /** Time for one address, and for one over a relay, which takes two connections. */
  timeouts: { direct: Millis; relayed: Millis }
}

/** Runs a {@link DialRace}: dials, keeps the first connection, closes any that come too late. */
export class AddressRace {
  readonly #init: AddressRaceInit
  readonly #race: DialRace
  readonly #dialling = new Map<string, AbortController>()
  readonly #failed: FailedAddress[] = []
  readonly #outcome = Promise.withResolvers<Connection | undefined>()
  #timer: CancelTimer | undefined
  #over = false

  constructor(init: AddressRaceInit) {
    this.#init = init
    this.#race = new DialRace(init.limits)
  }

  /** What failed so far. */
  get failed(): readonly FailedAddress[] {
    return this.#failed
  }

  /** The first connection; undefined when every address failed, or the race was ended. */
  get winner(): Promise<Connection | undefined> {
    return this.#outcome.promise
  }

  add(addresses: readonly RaceAddress[]): void {
    this.#post({ kind: 'addresses', addresses })
  }

  /** An address that could not even be dialled. */
  note(failure: FailedAddress): void {
    this.#failed.push(failure)
  }

  /** No more addresses are on their way. */
  complete(): void {
    this.#post({ kind: 'complete' })
  }

  /** Ends all that runs. */
  end(): void {
    this.#settle(undefined)
  }

  #post(event: RaceEvent): void {
    if (this.#over) return
    this.#race.handle(event, this.#init.clock.now())
    for (const effect of this.#race.takeEffects()) {
      if (effect.kind === 'dial') void this.#dial(effect)
      else if (effect.kind === 'abort') this.#dialling.get(effect.address)?.abort()
      else this.#settle(undefined)
    }
    this.#arm()
  }

  #arm(): void {
    this.#timer?.()
    const at = this.#over ? undefined : this.#race.nextWake()
    const { clock } = this.#init
    this.#timer =
      at === undefined
        ? undefined
        : clock.after(millis(Math.max(1, at - clock.now())), () => this.#post({ kind: 'tick' }))
  }

  async #dial({ address, relayed }: { address: string; relayed: boolean }): Promise<void> {
    const { clock, dial, timeouts } = this.#init
    const timeout = relayed ? timeouts.relayed : timeouts.direct
    const own = new AbortController()
    this.#dialling.set(address, own)
    let late = false
    const cancel = clock.after(timeout, () => {
      late = true
      own.abort(new NoAnswerError(`no answer within ${timeout} ms`))
    })
    try {
      const connection = await dial(address, own.signal)
      // It was aborted, and connected all the same.
      if (this.#over) return connection.abort(new NoAnswerError('another address of the peer was faster'))
      this.#dialling.delete(address)
      this.#post({ kind: 'connected', address })
      this.#settle(connection)
    } catch (error) {
      this.#dialling.delete(address)
      this.#failed.push({ address, error: late ? own.signal.reason : error })
      this.#post({ kind: 'failed', address })
    } finally {
      cancel()
    }
  }

  #settle(connection: Connection | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#timer?.()
    for (const controller of this.#dialling.values()) controller.abort()
    this.#outcome.resolve(connection)
  }
}
