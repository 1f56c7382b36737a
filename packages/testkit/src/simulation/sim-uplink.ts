import type { StepClock, Task } from './step-clock.ts'

/** Bytes that leave for one link before it is another one's turn. */
export const SLICE: number = 64 * 1024

/** One direction of a link, as the line it leaves through sees it. */
export interface Sender {
  /** Set and cleared by the uplink: it waits for its turn. */
  queued: boolean
  /** Bytes of the next slice; 0 when nothing can be sent now. */
  nextSlice(): number
  /** The slice left the line at `end` (ms). */
  sliceSent(length: number, end: number): void
}

/**
 * A node's line to the world: one slice after the other at its rate, the links in turn, as TCP
 * shares a bottleneck among connections of about equal round trips.
 */
export class SimUplink implements Task {
  readonly #clock: StepClock
  readonly #rate: number
  readonly #turn: Sender[] = []
  #head = 0
  #current: Sender | undefined
  #length = 0
  #end = 0
  #armed = false
  /** Bytes that left so far, control messages included. */
  sent = 0

  /** @param bytesPerSecond - capacity */
  constructor(clock: StepClock, bytesPerSecond: number) {
    this.#clock = clock
    this.#rate = bytesPerSecond / 1000
  }

  /** A link has something to send, or may go on. */
  wake(sender: Sender): void {
    if (sender.queued || sender === this.#current || sender.nextSlice() === 0) return
    sender.queued = true
    this.#turn.push(sender)
    if (this.#current !== undefined) return
    this.#begin(Math.max(this.#end, this.#clock.now()))
    this.#arm()
  }

  /** Bytes that take their share of the line but are not made to wait: control messages. */
  charge(count: number): void {
    this.sent += count
    this.#end += count / this.#rate
  }

  run(): void {
    this.#armed = false
    const now = this.#clock.now()
    while (this.#current !== undefined && this.#end <= now) {
      const sender = this.#current
      const end = this.#end
      this.#current = undefined
      this.sent += this.#length
      sender.sliceSent(this.#length, end)
      if (!sender.queued && sender.nextSlice() > 0) {
        sender.queued = true
        this.#turn.push(sender)
      }
      if (this.#current === undefined) this.#begin(this.#end)
    }
    this.#arm()
  }

  #begin(start: number): void {
    while (this.#head < this.#turn.length) {
      const sender = this.#turn[this.#head++] as Sender
      if (this.#head > 64 && this.#head * 2 > this.#turn.length) {
        this.#turn.splice(0, this.#head)
        this.#head = 0
      }
      sender.queued = false
      const length = sender.nextSlice()
      if (length === 0) continue
      this.#current = sender
      this.#length = length
      this.#end = start + length / this.#rate
      return
    }
  }

  #arm(): void {
    if (this.#current === undefined || this.#armed) return
    this.#armed = true
    this.#clock.at(this.#end, this)
  }
}
