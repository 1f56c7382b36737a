import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { MiB, seededRng } from '@p2pshare/base'
import type { ImportProgress } from '@p2pshare/ports'
import { MemoryCatalogue, randomBytes, VirtualClock } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createShareFiles, subtleHasher } from '../src/index.ts'
import { quietLog } from './harness/quiet-log.ts'
import { type StoreBench, storeBench } from './harness/store-bench.ts'
import { systemTool } from './harness/system-tool.ts'

const never = new AbortController().signal
const isRoot = process.geteuid?.() === 0

describe('import', () => {
  let bench: StoreBench
  let root: string
  beforeEach(() => {
    bench = storeBench()
    root = join(bench.folder, 'root')
    mkdirSync(root)
  })
  afterEach(() => bench.dispose())

  it('takes one file', async () => {
    const file = join(root, 'hello.txt')
    writeFileSync(file, 'hello world\n')
    const share = await bench.files.import(file, { signal: never })
    expect(share).toMatchObject({ name: 'hello.txt', path: file, skipped: [] })
    expect(share.layout).toMatchObject({ kind: 'file', size: 12, pieceCount: 1 })
    expect([...share.identities]).toHaveLength(1)
  })

  it('knows the CID of a well-known file', async () => {
    writeFileSync(join(root, 'hello'), 'hello world\n')
    const { layout } = await bench.files.import(join(root, 'hello'), { signal: never })
    expect(layout.root.toString()).toBe('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
  })

  it('tells how far it is', async () => {
    writeFileSync(join(root, 'big'), randomBytes(seededRng(1), 3 * MiB + 1))
    writeFileSync(join(root, 'small'), 'x')
    const seen: ImportProgress[] = []
    await bench.files.import(root, { signal: never, onProgress: (progress) => seen.push(progress) })
    expect(seen.at(-1)).toEqual({ bytes: 3 * MiB + 2, totalBytes: 3 * MiB + 2, files: 2 })
    expect(seen.every(({ bytes }, i) => i === 0 || bytes >= (seen[i - 1]?.bytes ?? 0))).toBe(true)
  })

  it('skips and lists what is no file', async () => {
    const socket = await listen(join(root, 'socket'))
    try {
      systemTool('mkfifo', join(root, 'fifo'))
      writeFileSync(join(bench.folder, 'secret'), 'secret')
      symlinkSync(join(bench.folder, 'secret'), join(root, 'link'))
      symlinkSync('.', join(root, 'loop'))
      writeFileSync(join(root, '.x.p2pshare-part'), 'part')
      mkdirSync(join(root, 'folder'))
      symlinkSync('/', join(root, 'folder', 'slash'))
      writeFileSync(join(root, 'folder', 'file'), 'file')
      const share = await bench.files.import(root, { signal: never })
      expect([...share.layout.files].map(({ path }) => path.join('/'))).toEqual(['folder/file'])
      expect(share.skipped.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
        { path: '.x.p2pshare-part', reason: 'own-data' },
        { path: 'fifo', reason: 'fifo' },
        { path: 'folder/slash', reason: 'symlink' },
        { path: 'link', reason: 'symlink' },
        { path: 'loop', reason: 'symlink' },
        { path: 'socket', reason: 'socket' }
      ])
    } finally {
      await new Promise((resolve) => socket.close(resolve))
    }
  })

  it('skips and lists names that have no place in a share', async () => {
    const raw = Buffer.concat([Buffer.from(`${root}/bad`), Buffer.of(0xff, 0xfe)])
    writeFileSync(raw, 'x')
    mkdirSync(join(root, 'back\\slash'))
    writeFileSync(join(root, 'back\\slash', 'inside'), 'x')
    writeFileSync(join(root, 'a\\b'), 'x')
    writeFileSync(join(root, 'good'), 'x')
    const share = await bench.files.import(root, { signal: never })
    expect([...share.layout.files].map(({ path }) => path.join('/'))).toEqual(['good'])
    expect(share.skipped.map(({ reason }) => reason)).toEqual(['bad-name', 'bad-name', 'bad-name'])
  })

  it('refuses what is not there, or no file', async () => {
    systemTool('mkfifo', join(root, 'fifo'))
    symlinkSync('loop', join(root, 'loop'))
    symlinkSync('nowhere', join(root, 'dangling'))
    const code = async (path: string): Promise<unknown> =>
      bench.files.import(path, { signal: never }).then(
        () => 'imported',
        (error: { code?: unknown }) => error.code
      )
    expect(await code(join(root, 'nothing'))).toBe('storage.no-such-path')
    expect(await code(join(root, 'dangling'))).toBe('storage.no-such-path')
    expect(await code(join(root, 'fifo'))).toBe('storage.not-shareable')
    expect(await code(join(root, 'loop'))).toBe('storage.not-shareable')
    expect(await code('/dev/zero')).toBe('storage.not-shareable')
  })

  it.skipIf(isRoot)('skips what may not be read below the root, and refuses an unreadable root', async () => {
    mkdirSync(join(root, 'closed'), { mode: 0 })
    writeFileSync(join(root, 'secret'), 'x', { mode: 0 })
    writeFileSync(join(root, 'open'), 'x')
    const share = await bench.files.import(root, { signal: never })
    expect(share.skipped).toEqual([
      { path: 'closed', reason: 'unreadable' },
      { path: 'secret', reason: 'unreadable' }
    ])
    chmodSync(root, 0)
    await expect(bench.files.import(root, { signal: never })).rejects.toMatchObject({
      code: 'storage.unreadable'
    })
    chmodSync(root, 0o700)
  })

  it('refuses the daemon’s own data, what holds it, and what lies in it', async () => {
    const home = join(root, 'home')
    mkdirSync(join(home, 'sub'), { recursive: true })
    writeFileSync(join(home, 'key'), 'key')
    symlinkSync(home, join(root, 'alias'))
    const own = storeBench({ ownData: [join(root, 'alias'), join(root, 'later', 'home')] })
    const refused = { code: 'storage.own-data' }
    for (const path of [home, root, join(home, 'sub'), join(home, 'key'), join(root, 'alias', 'key'), '/']) {
      await expect(own.files.import(path, { signal: never })).rejects.toMatchObject(refused)
    }
    mkdirSync(join(root, 'home2'))
    await own.files.import(join(root, 'home2'), { signal: never })
    await own.dispose()
  })

  it('stops when told', async () => {
    writeFileSync(join(root, 'big'), randomBytes(seededRng(1), 8 * MiB))
    const stop = new AbortController()
    const importing = bench.files.import(root, { signal: stop.signal, onProgress: () => stop.abort() })
    await expect(importing).rejects.toMatchObject({ code: 'network.aborted' })
    await expect(bench.files.import(root, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'network.aborted'
    })
  })

  it('reads a file again that changed meanwhile, and gives up the second time', async () => {
    const file = join(root, 'busy')
    writeFileSync(file, randomBytes(seededRng(1), 2 * MiB))
    const importing = (changes: number): Promise<unknown> => {
      let left = changes
      const files = createShareFiles({
        catalogue: new MemoryCatalogue(),
        clock: new VirtualClock(),
        log: quietLog,
        ownData: [],
        hasher: async (data) => {
          if (left-- > 0) utimesSync(file, left + 1000, left + 1000)
          return subtleHasher(data)
        }
      })
      return files.import(file, { signal: never })
    }
    await expect(importing(1)).resolves.toMatchObject({ layout: { pieceCount: 2 } })
    await expect(importing(4)).rejects.toMatchObject({ code: 'storage.changed-while-reading' })
  })

  it('gives the same hash for the same files, whatever their order on disk', async () => {
    const names = ['z', 'a', 'ü', 'b10', 'b9', 'sub/x', 'sub/a']
    const make = async (folder: string, order: readonly string[]): Promise<string> => {
      mkdirSync(join(bench.folder, folder, 'sub'), { recursive: true })
      for (const name of order) writeFileSync(join(bench.folder, folder, name), name)
      const { layout } = await bench.files.import(join(bench.folder, folder), { signal: never })
      return layout.root.toString()
    }
    expect(await make('one', names)).toBe(await make('two', names.toReversed()))
  })

  it('holds no more buffers than the ring, however large the file', async () => {
    const file = join(root, 'sparse')
    const fd = openSync(file, 'w')
    ftruncateSync(fd, 200 * MiB)
    closeSync(fd)
    const buffers = new Set<ArrayBufferLike>()
    const files = createShareFiles({
      catalogue: new MemoryCatalogue(),
      clock: new VirtualClock(),
      log: quietLog,
      ownData: [],
      hasher: async (data) => {
        buffers.add(data.buffer)
        return subtleHasher(data)
      }
    })
    const { layout } = await files.import(file, { signal: never })
    expect(layout.pieceCount).toBe(200)
    expect(buffers.size).toBeLessThanOrEqual(6)
  })

  it('does not follow a folder that is swapped for a link', async () => {
    mkdirSync(join(root, 'sub'))
    mkdirSync(join(bench.folder, 'outside'))
    writeFileSync(join(root, 'a first'), randomBytes(seededRng(1), MiB))
    // Far more than are hashed side by side: the last ones come after the swap.
    for (let i = 0; i < 300; i++) {
      writeFileSync(join(root, 'sub', `f${i}`), 'inside')
      writeFileSync(join(bench.folder, 'outside', `f${i}`), 'outside')
    }
    let swapped = false
    const share = await bench.files.import(root, {
      signal: never,
      onProgress: () => {
        if (swapped) return
        swapped = true
        renameSync(join(root, 'sub'), join(bench.folder, 'moved'))
        symlinkSync(join(bench.folder, 'outside'), join(root, 'sub'))
      }
    })
    const inside = [...share.layout.files].filter(({ size }) => size === 'outside'.length)
    expect(inside).toEqual([])
    expect(share.skipped.length).toBeGreaterThan(0)
  })
})

function listen(path: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(path, () => resolve(server))
  })
}
