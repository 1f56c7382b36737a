import { fc, test as property } from '@fast-check/vitest'
import { type Rng, seededRng } from '@p2pshare/base'
import type { ShareState } from '@p2pshare/ports'
import { MemoryCatalogue, VirtualClock } from '@p2pshare/testkit'
import { expect } from 'vitest'
import { FetchQueue, type QueuedShare } from '../src/queue/fetch-queue.ts'
import type { ShareStage } from '../src/share/share-stage.ts'

const MINUTES = 60_000

/** A fetch that comes in at a steady rate while it runs, from a time on; or never, when nobody has it. */
class SimulatedFetch implements QueuedShare {
  readonly record: { state: ShareState; complete: boolean } = { state: 'queued', complete: false }
  readonly traffic = { moved: 0 }
  readonly bytes = { done: 0 }
  readonly #listeners = new Set<() => void>()
  readonly cid: string
  readonly size: number
  readonly rate: number
  stage: ShareStage = 'pieces'

  constructor(cid: string, size: number, rate: number) {
    this.cid = cid
    this.size = size
    this.rate = rate
  }

  get state(): { state: ShareState } {
    return { state: this.record.state }
  }

  /** A second of work. */
  work(): void {
    if (this.record.state !== 'fetching') return
    this.traffic.moved += this.rate
    if (this.traffic.moved < this.size) return
    this.record.complete = true
    this.#become('seeding')
  }

  hold(): void {
    this.#become('queued')
  }

  resume(): void {
    this.#become('fetching')
  }

  pause(): void {
    this.#become('paused')
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #become(state: ShareState): void {
    this.record.state = state
    for (const listener of [...this.#listeners]) listener()
  }
}

/** A node with 40 fetches, half of which nobody has, and a user who plays with them. */
class Play {
  readonly #rng: Rng
  readonly #clock = new VirtualClock()
  readonly #values = new MemoryCatalogue().values('queue')
  readonly #limit: number
  readonly jobs: readonly SimulatedFetch[]
  queue: FetchQueue

  constructor(seed: number, limit: number) {
    this.#rng = seededRng(seed)
    this.#limit = limit
    this.jobs = Array.from({ length: 40 }, (_, i) =>
      this.#pick(2) === 0
        ? new SimulatedFetch(`cid${i}`, 1e6 + this.#pick(2e7), 50_000 + this.#pick(200_000))
        : new SimulatedFetch(`cid${i}`, 1e12, this.#pick(500))
    )
    this.queue = this.#start()
  }

  second(): void {
    for (const job of this.jobs) job.work()
    this.queue.tick()
    this.#clock.advance(1000)
  }

  /** Does something to one of them, once in a while. */
  meddle(): void {
    const job = this.jobs[this.#pick(this.jobs.length)]
    if (this.#pick(200) > 0 || job === undefined || job.record.complete) return
    const deeds = [
      () => job.pause(),
      () => this.queue.force(job.cid),
      () => this.queue.move(job.cid, 'first'),
      () => this.queue.move(job.cid, 1 + this.#pick(40)),
      () => {
        // Killed, and started again.
        this.queue.stop()
        this.queue = this.#start()
      }
    ]
    const wasPaused = job.record.state === 'paused'
    deeds[this.#pick(deeds.length)]?.()
    if (!wasPaused) return
    if (this.queue.admit(job.cid) === 'fetching') job.resume()
    else job.hold()
  }

  #start(): FetchQueue {
    const queue = new FetchQueue({
      ...{ values: this.#values, clock: this.#clock, limit: this.#limit, downLimit: () => undefined }
    })
    for (const job of this.jobs) queue.add(job)
    queue.start()
    return queue
  }

  #pick(n: number): number {
    return this.#rng.uint32() % n
  }
}

property.prop([fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 5 })], { numRuns: 15 })(
  'two hours of 40 fetches, with a user who plays with them: no place is lost, and none given twice',
  (seed, limit) => {
    const play = new Play(seed, limit)
    let most = 0
    for (let second = 0; second < 120 * 60; second++) {
      play.second()
      const moving = play.jobs.filter(({ record, rate }) => record.state === 'fetching' && rate > 1024)
      // None of these ever stalls, so none runs beyond the places but by force.
      const forced = play.queue.entries().filter((entry) => entry.forced).length
      expect(moving.length).toBeLessThanOrEqual(limit + forced)
      most = Math.max(most, moving.length)
      if (second < 60 * 60) play.meddle()
    }
    expect(most).toBeGreaterThan(0)
    // Whoever can be fetched was; whoever cannot goes on looking, and nobody waits.
    for (const { record, rate } of play.jobs)
      if (record.state !== 'paused') expect(record.state).toBe(rate > 1024 ? 'seeding' : 'fetching')
  }
)

property('a stalled job is not what others wait for, whatever its place', () => {
  const clock = new VirtualClock()
  const values = new MemoryCatalogue().values('queue')
  const queue = new FetchQueue({ values, clock, limit: 1, downLimit: () => undefined })
  const jobs = [0, 1, 2, 3].map((i) => new SimulatedFetch(`cid${i}`, 1e6, i === 3 ? 1e5 : 0))
  for (const job of jobs) queue.add(job)
  queue.start()
  let seconds = 0
  while (jobs[3]?.record.complete !== true && seconds < 60 * 60) {
    for (const job of jobs) job.work()
    queue.tick()
    clock.advance(1000)
    seconds++
  }
  // A minute for each of the three before it, then its own ten seconds.
  expect(seconds * 1000).toBeLessThan(4 * MINUTES)
})
