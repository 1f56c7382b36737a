import type { DaemonConfig } from '@p2pshare/control/config'
import { type DiskReserve, reserveOf } from '@p2pshare/storage'

/** What the configuration says of disks; a change counts at once, since it is asked for each time. */
export class DiskChoice {
  #reserve: DiskReserve

  constructor(config: Pick<DaemonConfig, 'minFree'>) {
    this.#reserve = reserveOf(config.minFree)
  }

  /** Bytes that fetches leave free on a disk of so many. */
  readonly reserve: DiskReserve = (total) => this.#reserve(total)

  configure(config: Pick<DaemonConfig, 'minFree'>): void {
    this.#reserve = reserveOf(config.minFree)
  }
}
