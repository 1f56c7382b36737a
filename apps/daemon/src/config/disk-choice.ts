import type { DaemonConfig } from '@p2pshare/control/config'
import { type DiskReserve, reserveOf } from '@p2pshare/storage'

type DiskConfig = Pick<DaemonConfig, 'minFree' | 'partFolder'>

/** What the configuration says of disks; a change counts at once, since it is asked for each time. */
export class DiskChoice {
  #reserve: DiskReserve
  #partFolder: string | undefined

  constructor(config: DiskConfig) {
    this.#reserve = reserveOf(config.minFree)
    this.#partFolder = config.partFolder
  }

  /** Bytes that fetches leave free on a disk of so many. */
  readonly reserve: DiskReserve = (total) => this.#reserve(total)

  /** Where part files of new fetches lie; undefined = beside their targets. */
  readonly partFolder = (): string | undefined => this.#partFolder

  configure(config: DiskConfig): void {
    this.#reserve = reserveOf(config.minFree)
    this.#partFolder = config.partFolder
  }
}
