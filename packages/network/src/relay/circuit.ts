import { type CancelTimer, type Clock, type Millis, millis, SECOND } from '@p2pshare/base'
import type { CircuitEnding } from '@p2pshare/ports'
import { type CircuitLimit, RELAY } from '../limits/index.ts'
import type { CircuitEnd } from './circuit-end.ts'
import type { RelayPace } from './relay-pace.ts'

/** What a {@link Circuit} joins, and by which rules. */
export interface CircuitInit {
  ends: readonly [CircuitEnd, CircuitEnd]
  limit: CircuitLimit
  /** The rate that all such connections have together; undefined = no bound. */
  pace: RelayPace | undefined
  clock: Clock
  /** So many bytes went on their way. */
  onCarried(bytes: number): void
  /** Called once; the streams are closed or reset then. */
  onEnded(why: CircuitEnding): void
}

/** One direction of a circuit. */
interface Way {
  readonly from: CircuitEnd
  readonly to: CircuitEnd
  carried: number
  closed: boolean
  readonly move: () => void
}

const WORDS: Record<Exclude<CircuitEnding, 'finished'>, string> = {
  failed: 'one end is gone',
  'data-limit': 'it has carried as many bytes as it may',
  'time-limit': 'its time is up',
  idle: 'nothing was sent for too long',
  stuck: 'one end does not read',
  budget: 'the budget of the relay is used up',
  stopped: 'the relay stops'
}

/**
 * Joins two streams. What comes in at one end leaves at the other as fast as that one reads; until then it waits here,
 * a window and a slice at most, and its sender with it. Ends both when a limit of bytes or time is reached, when
 * nothing moves, or when one end fails.
 */
export class Circuit {
  readonly #init: CircuitInit
  readonly #ways: readonly [Way, Way]
  readonly #began: Millis
  #movedAt: Millis
  #timer: CancelTimer | undefined
  #ended = false

  constructor(init: CircuitInit) {
    this.#init = init
    this.#began = this.#movedAt = init.clock.now()
    const [one, two] = init.ends
    this.#ways = [this.#way(one, two), this.#way(two, one)]
  }

  /** Begins to carry. */
  start(): void {
    const [out, back] = this.#ways
    const onGone = (error: Error | undefined): void => this.#onGone(error)
    out.from.listen({ onInput: out.move, onDrain: back.move, onGone })
    out.to.listen({ onInput: back.move, onDrain: out.move, onGone })
    if (out.from.gone || out.to.gone) return this.end('failed')
    this.#arm()
    for (const way of this.#ways) way.move()
  }

  /** Resets both ends. */
  end(why: Exclude<CircuitEnding, 'finished'>): void {
    if (this.#over(why)) for (const end of this.#init.ends) end.abort(WORDS[why])
  }

  #way(from: CircuitEnd, to: CircuitEnd): Way {
    const way: Way = { from, to, carried: 0, closed: false, move: () => this.#move(way) }
    return way
  }

  #move(way: Way): void {
    if (this.#ended || way.closed) return
    try {
      while (way.from.held.length > 0 && way.to.canSend) if (!this.#sendPart(way)) return
    } catch {
      // The stream turned unwritable between the look and the send.
      return this.end('failed')
    }
    if (way.from.held.length > 0) return
    if (way.from.ended) this.#close(way)
    else way.from.grow()
  }

  /** Hands on a slice; false when the way has to wait, or is over. */
  #sendPart(way: Way): boolean {
    const { limit, pace } = this.#init
    const room = Math.min(RELAY.slice, limit.data - way.carried)
    if (room <= 0) {
      this.end('data-limit')
      return false
    }
    const wanted = Math.min(room, way.from.held.length)
    const allowed = pace === undefined ? wanted : pace.take(wanted)
    if (allowed === 0) {
      pace?.wait(way.move)
      return false
    }
    const part = way.from.held.take(allowed)
    if (pace !== undefined && part.byteLength < allowed) pace.giveBack(allowed - part.byteLength)
    way.carried += part.byteLength
    this.#movedAt = this.#init.clock.now()
    way.to.stream.send(part)
    this.#init.onCarried(part.byteLength)
    return !this.#ended
  }

  /** All of one direction has gone: the other end learns that no more will come. */
  #close(way: Way): void {
    way.closed = true
    way.to.stream.close().catch(() => this.end('failed'))
  }

  #onGone(error: Error | undefined): void {
    const finished = error === undefined && this.#ways.every((way) => way.closed)
    if (!finished) return this.end('failed')
    if (this.#init.ends.every((end) => end.gone)) this.#over('finished')
  }

  /** Whether it was not over before. */
  #over(why: CircuitEnding): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#timer?.()
    for (const way of this.#ways) this.#init.pace?.forget(way.move)
    for (const end of this.#init.ends) end.listen(undefined)
    this.#init.onEnded(why)
    return true
  }

  /** One timer, which wakes when the nearest limit could be reached and looks. */
  #arm(): void {
    const now = this.#init.clock.now()
    // An end may cease to read at any time, so it is looked at as often as that counts.
    const next = Math.min(this.#timeUp, this.#movedAt + RELAY.idle, now + RELAY.stuck)
    this.#timer = this.#init.clock.after(millis(Math.max(1, next - now)), () => this.#look())
  }

  #look(): void {
    const now = this.#init.clock.now()
    if (now >= this.#timeUp) return this.end('time-limit')
    const still = now - this.#movedAt
    if (still >= RELAY.idle) return this.end('idle')
    if (still >= RELAY.stuck && this.#waits) return this.end('stuck')
    this.#arm()
  }

  get #timeUp(): number {
    return this.#began + this.#init.limit.seconds * SECOND
  }

  /** Whether an end does not take what it should; waiting for its turn under a rate is something else. */
  get #waits(): boolean {
    return this.#ways.some(({ to }) => to.stream.writeStatus !== 'closed' && !to.canSend)
  }
}
