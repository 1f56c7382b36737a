import { isRenamed } from './signature.ts'
import { MISSES, MOST_ENTRIES, OLDER_KEPT, QUIET, RESTLESS, RETRY } from './limits.ts'

/** A hash that an entry had, and when it was found (wall time, ms). */
export interface Version {
  cid: string
  at: number
}

/** What is remembered of an entry over restarts. */
export interface EntryRecord {
  /** What the entry looked like when it was shared. */
  signature: string
  /** The newest last; never empty. */
  versions: readonly Version[]
}

/** What is to be done. */
export type WatchEffect =
  /** Share it as it is now. */
  | { kind: 'seed'; name: string; signature: string }
  /** It is what was another entry, under a new name, and becomes that entry. */
  | { kind: 'moved'; name: string; from: string; signature: string }
  /** It is gone, or the whole folder is. */
  | { kind: 'gone'; name: string }
  /** It is back, just as it was. */
  | { kind: 'back'; name: string }

/** How it stands with an entry. */
export type EntryState = 'settling' | 'restless' | 'hashing' | 'shared' | 'missing' | 'failed'

/** An entry for people; `reason` says more. */
export interface EntryView {
  name: string
  state: EntryState
  reason: string | undefined
  versions: readonly Version[]
}

interface Entry {
  record: EntryRecord | undefined
  /** What the last look saw; undefined before the first, and while it is gone. */
  seen: string | undefined
  /** Since when it looks like that, and since when it did not have a quiet moment. */
  since: number
  restlessSince: number | undefined
  /** Looks in a row that did not see it. */
  missed: number
  /** Its share was told that it is gone. */
  gone: boolean
  hashing: boolean
  failure: { signature: string; at: number; reason: string } | undefined
}

/**
 * Decides what becomes of the entries (files and folders at the top level) of one watched folder. Fed with what each
 * look saw; knows no disk and no share. Times are monotonic, ms.
 */
export class FolderWatch {
  readonly #entries = new Map<string, Entry>()
  #left = 0

  /** @param isInTrouble - whether the share of a hash is in trouble since before the restart */
  constructor(known: Iterable<readonly [string, EntryRecord]>, isInTrouble: (cid: string) => boolean) {
    for (const [name, record] of known) {
      const gone = isInTrouble(record.versions.at(-1)?.cid ?? '')
      this.#entries.set(name, { ...newEntry(record, 0), gone })
    }
  }

  /** Entries that are left out since there are too many. */
  get left(): number {
    return this.#left
  }

  /** Whether something is about to be shared, so that the next look should be soon. */
  get isBusy(): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.missed > 0 && !entry.gone) return true
      if (entry.seen !== undefined && entry.seen !== entry.record?.signature && !isHeldUp(entry)) return true
    }
    return false
  }

  /** Whether any of the names was shared before; true when nothing was: then nothing can be missed. */
  knowsAny(names: Iterable<string>): boolean {
    let recorded = 0
    for (const { record } of this.#entries.values()) if (record !== undefined) recorded++
    if (recorded === 0) return true
    for (const name of names) if (this.#entries.get(name)?.record !== undefined) return true
    return false
  }

  /** Of the names in the folder those to look at: known ones, and new ones as long as there is room. */
  admit(names: readonly string[]): string[] {
    let room = MOST_ENTRIES - this.#entries.size
    const admitted = names.filter((name) => this.#entries.has(name) || room-- > 0)
    this.#left = names.length - admitted.length
    return admitted
  }

  /** @param looks - by name, a text that changes whenever the entry does */
  observe(looks: ReadonlyMap<string, string>, now: number): WatchEffect[] {
    const effects: WatchEffect[] = this.#takeRenamed(looks, now)
    for (const [name, signature] of looks) {
      const entry = this.#entries.get(name) ?? newEntry(undefined, now)
      this.#entries.set(name, entry)
      const effect = look(entry, signature, now)
      if (effect === 'seed') effects.push({ kind: 'seed', name, signature })
      else if (effect === 'back') effects.push({ kind: 'back', name })
    }
    for (const [name, entry] of this.#entries) {
      if (looks.has(name) || ++entry.missed < MISSES) continue
      if (this.#lose(name, entry)) effects.push({ kind: 'gone', name })
    }
    return effects
  }

  /** Takes entries that are gone for new ones that are the same. */
  #takeRenamed(looks: ReadonlyMap<string, string>, now: number): WatchEffect[] {
    const added = [...looks.keys()].filter((name) => !this.#entries.has(name))
    if (added.length === 0) return []
    const gone = [...this.#entries].filter(([name, entry]) => !looks.has(name) && !entry.hashing)
    const effects: WatchEffect[] = []
    for (const name of added) {
      const signature = looks.get(name) ?? ''
      const at = gone.findIndex(
        ([, { record }]) => record !== undefined && isRenamed(record.signature, signature)
      )
      const [found] = at === -1 ? [] : gone.splice(at, 1)
      if (found === undefined) continue
      const [from, { record }] = found
      this.#entries.delete(from)
      this.#entries.set(name, { ...newEntry(record, now), seen: signature, hashing: true })
      effects.push({ kind: 'moved', name, from, signature })
    }
    return effects
  }

  /** The folder itself is not there. */
  offline(): WatchEffect[] {
    const effects: WatchEffect[] = []
    for (const [name, entry] of this.#entries)
      if (this.#lose(name, entry)) effects.push({ kind: 'gone', name })
    return effects
  }

  /**
   * An entry is shared.
   * @param wallTime - for the history
   * @returns what to remember, its older versions, and those that are too old to be kept
   */
  seeded(
    name: string,
    { cid, signature, wallTime }: { cid: string; signature: string; wallTime: number }
  ): { record: EntryRecord; older: string[]; dropped: string[] } {
    const entry = this.#entries.get(name) ?? newEntry(undefined, 0)
    this.#entries.set(name, entry)
    const before = entry.record?.versions ?? []
    const isSame = before.at(-1)?.cid === cid
    const all = isSame ? before : [...before.filter((old) => old.cid !== cid), { cid, at: wallTime }]
    const versions = all.slice(-1 - OLDER_KEPT)
    entry.record = { signature, versions }
    Object.assign(entry, { hashing: false, failure: undefined })
    const cids = all.map((version) => version.cid)
    return {
      record: entry.record,
      older: cids.slice(-1 - OLDER_KEPT, -1),
      dropped: cids.slice(0, -1 - OLDER_KEPT)
    }
  }

  /** An entry could not be shared; it is tried again when it changes, or after a while. */
  failed(name: string, { signature, reason, now }: { signature: string; reason: string; now: number }): void {
    const entry = this.#entries.get(name)
    if (entry !== undefined) Object.assign(entry, { hashing: false, failure: { signature, reason, at: now } })
  }

  /** The present version of an entry. */
  current(name: string): string | undefined {
    return this.#entries.get(name)?.record?.versions.at(-1)?.cid
  }

  /** All versions of an entry, the newest last. */
  versions(name: string): readonly Version[] {
    return this.#entries.get(name)?.record?.versions ?? []
  }

  /** Another entry that is there and has this hash as its present version. */
  twin(name: string, cid: string): string | undefined {
    for (const [other, entry] of this.#entries) {
      const isThere = other !== name && entry.seen !== undefined && entry.seen === entry.record?.signature
      if (isThere && entry.record?.versions.at(-1)?.cid === cid) return other
    }
    return undefined
  }

  *view(now: number): Generator<EntryView> {
    for (const [name, entry] of this.#entries)
      yield { name, ...standing(entry, now), versions: entry.record?.versions ?? [] }
  }

  /** @returns whether its share has to be told */
  #lose(name: string, entry: Entry): boolean {
    const tell = entry.record !== undefined && !entry.gone
    if (entry.record === undefined) this.#entries.delete(name)
    Object.assign(entry, { seen: undefined, restlessSince: undefined, gone: entry.record !== undefined })
    return tell
  }
}

/** Takes what a look saw of an entry. */
function look(entry: Entry, signature: string, now: number): 'seed' | 'back' | undefined {
  entry.missed = 0
  if (entry.seen !== signature) return lookedDifferent(entry, signature, now)
  if (now - entry.since < QUIET) return undefined
  entry.restlessSince = undefined
  const { failure } = entry
  const isShared = entry.record?.signature === signature && failure?.signature !== signature
  if (isShared && !entry.gone) return undefined
  if (entry.hashing || (failure?.signature === signature && now - failure.at < RETRY)) return undefined
  Object.assign(entry, { hashing: true, gone: false })
  return 'seed'
}

/** An entry that is just as it was when it was shared did not change, and has nothing to wait for. */
function lookedDifferent(entry: Entry, signature: string, now: number): 'back' | undefined {
  const isAsShared = entry.seen === undefined && entry.record?.signature === signature
  Object.assign(entry, { seen: signature, since: now })
  if (!isAsShared) entry.restlessSince ??= now
  if (!isAsShared || !entry.gone) return undefined
  entry.gone = false
  return 'back'
}

/** It was tried, and its next try takes a while. */
function isHeldUp({ failure, seen }: Entry): boolean {
  return failure !== undefined && failure.signature === seen
}

function standing(entry: Entry, now: number): { state: EntryState; reason: string | undefined } {
  const { record, seen, failure, restlessSince } = entry
  if (entry.gone) return { state: 'missing', reason: 'it is shared again by itself when it is back' }
  if (entry.hashing) return { state: 'hashing', reason: undefined }
  if (failure !== undefined && failure.signature === seen) return { state: 'failed', reason: failure.reason }
  if (restlessSince !== undefined && now - restlessSince > RESTLESS) {
    const since = Math.floor((now - restlessSince) / 1000)
    const reason = `it changes all the time, for ${since} s now: it is shared once it stays the same for ${QUIET / 1000} s`
    return { state: 'restless', reason }
  }
  if (seen === record?.signature || (seen === undefined && record !== undefined))
    return { state: 'shared', reason: undefined }
  return { state: 'settling', reason: undefined }
}

function newEntry(record: EntryRecord | undefined, now: number): Entry {
  return {
    record,
    seen: undefined,
    since: now,
    restlessSince: undefined,
    missed: 0,
    gone: false,
    hashing: false,
    failure: undefined
  }
}
