import type { Catalogue, KeyValueStore } from '@p2pshare/ports'
import { z } from 'zod'
import type { EntryRecord } from './folder-watch.ts'

const settings = z.object({
  /** Device number of its disk when it was last seen. */
  device: z.string().optional(),
  announce: z.enum(['roots', 'files', 'chunks']).optional()
})
const entryRecord = z.object({
  signature: z.string(),
  versions: z.array(z.object({ cid: z.string(), at: z.number() })).min(1)
})

/** What is remembered of a watched folder. */
export type FolderSettings = z.infer<typeof settings>

/** Watched folders and what was shared of them, in the catalogue. What cannot be read there counts as not there. */
export class WatchStore {
  readonly #values: KeyValueStore

  constructor(catalogue: Pick<Catalogue, 'values'>) {
    this.#values = catalogue.values('watching')
  }

  folders(): { path: string; settings: FolderSettings }[] {
    const found = [...this.#values.query('folder:')]
    return found.flatMap(({ key, value }) => {
      const parsed = settings.safeParse(decode(value))
      return parsed.success ? [{ path: key.slice('folder:'.length), settings: parsed.data }] : []
    })
  }

  putFolder(path: string, folder: FolderSettings): void {
    this.#values.put(`folder:${path}`, encode(folder))
  }

  /** Forgets the folder and its entries; their shares are not touched. */
  removeFolder(path: string): void {
    const entries = [...this.#values.query(`entry:${path}/`)].map(({ key }) => key)
    this.#values.batch([], [`folder:${path}`, ...entries])
  }

  entries(path: string): [string, EntryRecord][] {
    const prefix = `entry:${path}/`
    return [...this.#values.query(prefix)].flatMap(({ key, value }): [string, EntryRecord][] => {
      const parsed = entryRecord.safeParse(decode(value))
      return parsed.success ? [[key.slice(prefix.length), parsed.data]] : []
    })
  }

  /** The entry has another name now. */
  renameEntry(path: string, from: string, name: string, record: EntryRecord): void {
    this.#values.batch([{ key: `entry:${path}/${name}`, value: encode(record) }], [`entry:${path}/${from}`])
  }

  putEntry(path: string, name: string, record: EntryRecord): void {
    this.#values.put(`entry:${path}/${name}`, encode(record))
  }
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

function decode(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString())
  } catch {
    return undefined
  }
}
