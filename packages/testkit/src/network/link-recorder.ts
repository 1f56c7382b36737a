import type { DataMessage, SwarmMessage } from '@p2pshare/wire'
import type { LinkEnd, LinkHandler } from '@p2pshare/ports'

/** A handler that remembers, and lets a test wait for what it wants to see. */
export class LinkRecorder implements LinkHandler {
  readonly messages: SwarmMessage[] = []
  readonly payloads = new Map<number, Uint8Array>()
  readonly finished: number[] = []
  readonly ends: LinkEnd[] = []
  progress = 0
  #drops: (data: DataMessage) => boolean
  #waiting: { until: () => boolean; resolve: () => void }[] = []

  /** @param drops - data to read and drop */
  constructor(drops: (data: DataMessage) => boolean = () => false) {
    this.#drops = drops
  }

  onMessage(message: SwarmMessage): void {
    this.messages.push(message)
    this.#changed()
  }

  targetFor(data: DataMessage): Uint8Array | undefined {
    if (this.#drops(data)) return undefined
    const target = new Uint8Array(data.length)
    this.payloads.set(data.id, target)
    return target
  }

  onDataProgress(_data: DataMessage, _got: number): void {
    this.progress++
  }

  onData(data: DataMessage): void {
    this.finished.push(data.id)
    this.#changed()
  }

  onClose(end: LinkEnd): void {
    this.ends.push(end)
    this.#changed()
  }

  /** Resolves as soon as the condition holds; looked at after each event. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ until: condition, resolve }))
  }

  /** Resolves with the end of the link. */
  async closed(): Promise<LinkEnd | undefined> {
    await this.until(() => this.ends.length > 0)
    return this.ends[0]
  }

  #changed(): void {
    for (const wait of this.#waiting.filter((wait) => wait.until())) {
      this.#waiting.splice(this.#waiting.indexOf(wait), 1)
      wait.resolve()
    }
  }
}
