import type { FileHandle } from 'node:fs/promises'

/** Files open at once for all shares together (reliability section 5; libtorrent's file_pool_size). */
export const OPEN_FILES_LIMIT = 40

/** Opens a file for the pool. */
export interface PoolOpener {
  open(): Promise<FileHandle>
  /** Called before the pool closes the file to make room; must not throw. */
  beforeClose?(handle: FileHandle): Promise<void>
}

interface Slot {
  key: string
  file: Promise<FileHandle>
  opener: PoolOpener
  users: number
  /** Taken out of the pool while in use: closed by its last user. */
  dropped: boolean
}

/** Keeps the most recently used files open, never more than the limit; who finds all in use waits. */
export class FilePool {
  readonly #limit: number
  /** In order of last use, oldest first. */
  readonly #slots = new Map<string, Slot>()
  readonly #waiting: (() => void)[] = []
  #open = 0

  constructor(limit: number = OPEN_FILES_LIMIT) {
    this.#limit = limit
  }

  /** Files open now, those being closed included. */
  get openCount(): number {
    return this.#open
  }

  /** Whether the file that `key` names is open. */
  isOpen(key: string): boolean {
    return this.#slots.has(key)
  }

  /**
   * Runs `work` on the file that `key` names; it stays open during the work.
   * @throws what `opener.open` or `work` throws
   */
  async use<T>(key: string, opener: PoolOpener, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const slot = await this.#take(key, opener)
    try {
      return await work(await slot.file)
    } finally {
      slot.users--
      if (slot.users === 0 && slot.dropped) await this.#close(slot)
      this.#wake()
    }
  }

  /** Forgets a file: the next use opens it anew. Answers when it is closed, if nobody uses it. */
  async drop(key: string): Promise<void> {
    const slot = this.#slots.get(key)
    if (slot === undefined) return
    this.#slots.delete(key)
    slot.dropped = true
    if (slot.users === 0) await this.#close(slot)
  }

  /** Forgets all files whose key begins with `prefix`. */
  async dropAll(prefix: string): Promise<void> {
    const keys = [...this.#slots.keys()].filter((key) => key.startsWith(prefix))
    await Promise.all(keys.map((key) => this.drop(key)))
  }

  async #take(key: string, opener: PoolOpener): Promise<Slot> {
    for (;;) {
      const slot = this.#slots.get(key) ?? (this.#open < this.#limit ? this.#add(key, opener) : undefined)
      if (slot !== undefined) {
        slot.users++
        this.#slots.delete(key)
        this.#slots.set(key, slot)
        return slot
      }
      const idle = this.#oldestIdle()
      if (idle === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      else await this.drop(idle.key)
    }
  }

  #add(key: string, opener: PoolOpener): Slot {
    this.#open++
    const slot: Slot = { key, file: opener.open(), opener, users: 0, dropped: false }
    this.#slots.set(key, slot)
    slot.file.catch(() => {
      this.#open--
      if (this.#slots.get(key) === slot) this.#slots.delete(key)
      this.#wake()
    })
    return slot
  }

  #oldestIdle(): Slot | undefined {
    for (const slot of this.#slots.values()) {
      if (slot.users === 0) return slot
    }
    return undefined
  }

  async #close(slot: Slot): Promise<void> {
    let handle: FileHandle
    try {
      handle = await slot.file
    } catch {
      return // it never opened, and is counted out already
    }
    try {
      await slot.opener.beforeClose?.(handle)
      await handle.close()
    } finally {
      this.#open--
      this.#wake()
    }
  }

  #wake(): void {
    this.#waiting.shift()?.()
  }
}
