import { createHash } from 'node:crypto'
import { type PieceIndex, seededRng } from '@p2pshare/base'
import { createShareBuilder, parseShareRef, type ShareLayout } from '@p2pshare/content'
import type { Directory, Log } from '@p2pshare/ports'
import {
  DirectoryBoard,
  MemoryCatalogue,
  type MemoryNetwork,
  MemoryShareFiles,
  MemorySwitchboard,
  randomBytes,
  VirtualClock
} from '@p2pshare/testkit'
import { Session, type ShareDriver } from '../src/index.ts'
import type { ControlChoice } from '../src/controls.ts'
import type { SessionSettings } from '../src/settings.ts'

const MIB = 1024 * 1024
const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }

/** Real content: files of random bytes with the DAG that the product would make of them. */
export interface Content {
  cid: string
  layout: ShareLayout
  block(piece: PieceIndex): Uint8Array
}

/** Makes a folder share of the named files, or a file share when the only name is empty. */
export function makeContent(seed: number, files: Record<string, number | Uint8Array>): Content {
  const rng = seededRng(seed)
  const builder = createShareBuilder({ sha256 })
  const data = new Map<string, Uint8Array>()
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === 'number' ? randomBytes(rng, content) : content
    data.set(name, bytes)
    const file = builder.file(name === '' ? [] : name.split('/'))
    for (let at = 0; at < bytes.byteLength; at += MIB) {
      const piece = bytes.subarray(at, at + MIB)
      file.addPiece(sha256(piece), piece.byteLength)
    }
    file.finish()
  }
  const layout = builder.finish()
  return {
    cid: layout.root.toString(),
    layout,
    block(piece) {
      const file = layout.files.at(layout.fileOf(piece))
      const bytes = data.get(file?.path.join('/') ?? '') ?? new Uint8Array(0)
      const at = layout.fileOffset(piece)
      return bytes.slice(at, at + layout.blockSize(piece))
    }
  }
}

/** One node on fakes, with the real session and engine. */
export interface Node {
  session: Session
  catalogue: MemoryCatalogue
  files: MemoryShareFiles
  /** Begins a fetch by hash into /downloads. */
  fetch(cid: string): Promise<ShareDriver>
  /** Ends it, as a daemon that is stopped; what it has on disk stays. */
  stop(): Promise<void>
  /** Seeds content from /shared/<name>. */
  seed(name: string, content: Content, pieces?: readonly number[]): Promise<ShareDriver>
}

/** Nodes that can reach each other, in virtual time. */
export class World {
  readonly clock: VirtualClock = new VirtualClock()
  readonly board: DirectoryBoard = new DirectoryBoard()
  readonly #switchboard = new MemorySwitchboard()
  readonly #stops = new Set<() => Promise<void>>()

  /** A peer's network without a session behind it, in a LAN or on the internet; up. */
  async stranger(name: string, place?: string): Promise<MemoryNetwork> {
    const network = this.#switchboard.join(name, place)
    network.onLink(() => {})
    this.#stops.add(() => network.stop())
    await network.start()
    return network
  }

  /** A node that is up. */
  async node(
    name: string,
    options: {
      place?: string
      log?: Log
      settings?: SessionSettings
      startControls?: ControlChoice
      /** The node that it is a restart of. */
      disk?: Pick<Node, 'catalogue' | 'files'>
      /** Stands between the node and its directory. */
      directory?: (real: Directory) => Directory
      onShare?: (share: ShareDriver) => void
    } = {}
  ): Promise<Node> {
    const network = this.#switchboard.join(name, options.place)
    const { log = quiet, settings, startControls, onShare } = options
    const board = this.board.join({ peer: name, addresses: [`/memory/${name}/p2p/${name}`] })
    const directory = options.directory?.(board) ?? board
    const { catalogue, files } = options.disk ?? {
      catalogue: new MemoryCatalogue(),
      files: new MemoryShareFiles()
    }
    files.catalogue = catalogue
    const hasher = async (bytes: Uint8Array): Promise<Uint8Array> => sha256(bytes)
    const rng = seededRng(name.length)
    const { clock } = this
    const chosen = { settings, startControls, onShare }
    const session = new Session({ catalogue, files, network, directory, hasher, clock, rng, log, ...chosen })
    await network.start()
    session.start()
    const stop = async (): Promise<void> => {
      this.#stops.delete(stop)
      await session.stop()
      await network.stop()
    }
    this.#stops.add(stop)
    return {
      stop,
      session,
      catalogue,
      files,
      fetch: (cid) => session.fetch(parseShareRef(cid), { folder: '/downloads', force: false }),
      async seed(file, content, pieces) {
        files.place(`/shared/${file}`, content.cid, content.layout, content.block, pieces)
        await session.seed(`/shared/${file}`, { signal: new AbortController().signal })
        return session.share(content.cid)
      }
    }
  }

  /** Lets time pass until the condition holds; fails after two virtual hours. */
  async until(what: string, condition: () => boolean): Promise<void> {
    for (let step = 0; !condition(); step++) {
      if (step > 72_000) throw new Error(`waited in vain until ${what}`)
      await new Promise(setImmediate)
      await this.clock.advanceAsync(100)
    }
  }

  async stop(): Promise<void> {
    for (const stop of [...this.#stops]) await stop()
  }
}
