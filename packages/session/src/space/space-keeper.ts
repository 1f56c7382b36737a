import { type CancelTimer, type Clock, formatSize, millis, printable, ShareError } from '@p2pshare/base'
import type { Log, ShareFiles, Volume } from '@p2pshare/ports'
import { type Shortage, SpaceLedger, type SpaceNeed } from './space-ledger.ts'

/** How often disks that are being written to are looked at, ms. */
const LOOK = millis(5000)

/** A job that writes to disk. */
export interface SpaceJob {
  readonly cid: string
  /** Where pieces are written to, and bytes that are still to come. */
  part(): { path: string; bytes: number }
  /** Bytes that are written at the end, and where; with `same`, also where that is the disk of the pieces. */
  finish(): { path: string; bytes: number; same: boolean }
  /** Less than `min-free` is left on a disk that it writes to; it has no space reserved any more. */
  onShort(error: ShareError): void
}

interface Admitted {
  readonly job: SpaceJob
  /** A path on each disk, by the disk. */
  readonly paths: ReadonlyMap<string, string>
}

/** Gives disk space to jobs before they begin, and holds them before a disk is full. */
export class SpaceKeeper {
  readonly #files: Pick<ShareFiles, 'volume'>
  readonly #clock: Clock
  readonly #log: Log
  readonly #ledger = new SpaceLedger()
  readonly #admitted = new Map<string, Admitted>()
  #cancel: CancelTimer | undefined

  constructor(parts: { files: Pick<ShareFiles, 'volume'>; clock: Clock; log: Log }) {
    this.#files = parts.files
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /**
   * Reserves all that a job will still write; it is kept until `release`, and shrinks as the job goes on.
   * @param isWanted - asked once the disks were looked at; when not, nothing is reserved
   * @throws ShareError `storage.disk-full`, then nothing is reserved; `storage.unreadable`
   */
  async admit(job: SpaceJob, isWanted: () => boolean = () => true): Promise<void> {
    const part = await this.#files.volume(job.part().path)
    const end = await this.#files.volume(job.finish().path)
    if (!isWanted()) return
    const needs: SpaceNeed[] = [{ volume: part.id, bytes: () => job.part().bytes }]
    if (end.id !== part.id || job.finish().same)
      needs.push({ volume: end.id, bytes: () => job.finish().bytes })
    const volumes = new Map<string, Volume>([part, end].map((volume) => [volume.id, volume]))
    const shortage = this.#ledger.reserve(job.cid, needs, (id) => volumes.get(id)?.free ?? 0)
    this.#admitted.delete(job.cid)
    if (shortage !== undefined) throw noSpaceError(shortage, volumes.get(shortage.volume)?.mount ?? '')
    const paths = new Map([
      [end.id, job.finish().path],
      [part.id, job.part().path]
    ])
    this.#admitted.set(job.cid, { job, paths })
    this.#cancel ??= this.#clock.after(LOOK, () => void this.#look())
  }

  /** The job ended, or waits. */
  release(cid: string): void {
    this.#ledger.release(cid)
    this.#admitted.delete(cid)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#admitted.clear()
  }

  /** One timer for all jobs; none runs while there is no job. */
  async #look(): Promise<void> {
    for (const volume of this.#ledger.volumes()) await this.#lookAt(volume)
    const isWanted = this.#cancel !== undefined && this.#admitted.size > 0
    this.#cancel = isWanted ? this.#clock.after(LOOK, () => void this.#look()) : undefined
  }

  async #lookAt(id: string): Promise<void> {
    const jobs = this.#ledger.jobsOn(id)
    const path = jobs.flatMap((cid) => this.#admitted.get(cid)?.paths.get(id) ?? [])[0]
    if (path === undefined) return
    // A disk that is away is not full; who watches over that tells.
    const seen = await this.#files.volume(path).catch(() => undefined)
    if (seen === undefined || seen.id !== id || seen.free > 0) return
    for (const cid of jobs) {
      const job = this.#admitted.get(cid)?.job
      if (job === undefined) continue
      this.#log.warn({ cid, mount: seen.mount }, 'less than min-free is left')
      const needed = job.part().bytes
      this.release(cid)
      job.onShort(noSpaceError({ volume: id, needed, free: 0, reserved: 0 }, seen.mount))
    }
  }
}

/** A full disk in the same words, whoever met it first: a look at what is free, or the system. */
export function asDiskFull(error: ShareError): ShareError {
  if (error.message.startsWith('disk full')) return error
  const { code, fault, hint, detail, message } = error
  return new ShareError({
    ...{ code, fault, detail, message: `disk full: ${message}; goes on by itself when there is space` },
    ...(hint === undefined ? {} : { hint })
  })
}

function noSpaceError({ needed, free, reserved }: Shortage, mount: string): ShareError {
  const promised = reserved > 0 ? `, of which ${formatSize(reserved)} are reserved for other fetches` : ''
  return new ShareError({
    code: 'storage.disk-full',
    fault: 'disk',
    message: `disk full: ${formatSize(needed)} still to come, ${formatSize(free)} to use on the disk at ${printable(mount)}${promised}; goes on by itself when there is space`,
    hint: 'Free some space on that disk; `p2pshare config get minFree` says how much is left alone.',
    detail: { mount, needed, free, reserved }
  })
}
