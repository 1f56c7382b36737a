import { MiB } from '@p2pshare/base'
import type { Volume } from '@p2pshare/ports'
import { diskFull } from './disk-error.ts'

/** Bytes that may be written to a disk between two looks at its free space. */
const STEP = 64 * MiB

/** What one disk has left until the next look; all who write to it share it. */
interface Room {
  bytes: number
  looking: Promise<void> | undefined
}

/** Keeps the reserve of each disk free, however many write to it at once, with few looks at it. */
export class DiskRoom {
  readonly #look: (path: string) => Promise<Pick<Volume, 'id' | 'free'>>
  readonly #rooms = new Map<string, Room>()
  /** The disk of a path, as the last look found it. */
  readonly #disks = new Map<string, string>()

  constructor(look: (path: string) => Promise<Pick<Volume, 'id' | 'free'>>) {
    this.#look = look
  }

  /**
   * Takes room for bytes that are about to be written.
   * @param path - the same for all writes of a share; kept until {@link leave}
   * @throws ShareError `storage.disk-full`, `storage.unreadable`
   */
  async take(path: string, size: number): Promise<void> {
    for (let room = this.#roomOf(path); room === undefined || room.bytes < size; room = this.#roomOf(path))
      await this.#lookTogether(path, size, room)
    const room = this.#roomOf(path)
    if (room !== undefined) room.bytes -= size
  }

  /** A write failed: the next one looks anew. */
  distrust(path: string): void {
    const room = this.#roomOf(path)
    if (room !== undefined) room.bytes = 0
  }

  /** Nothing more is written there. */
  leave(path: string): void {
    this.#disks.delete(path)
  }

  #roomOf(path: string): Room | undefined {
    return this.#rooms.get(this.#disks.get(path) ?? '')
  }

  /** Many writers wait for one look. */
  #lookTogether(path: string, size: number, room: Room | undefined): Promise<void> {
    if (room === undefined) return this.#lookAt(path, size)
    room.looking ??= this.#lookAt(path, size).finally(() => {
      room.looking = undefined
    })
    return room.looking
  }

  async #lookAt(path: string, size: number): Promise<void> {
    const { id, free } = await this.#look(path)
    this.#disks.set(path, id)
    const room = this.#rooms.get(id) ?? { bytes: 0, looking: undefined }
    this.#rooms.set(id, room)
    // The first look of a share at a disk that others write to: what they have left counts for it, too.
    if (room.bytes >= size) return
    if (free < size) throw diskFull(path)
    room.bytes = Math.min(free, STEP)
  }
}
