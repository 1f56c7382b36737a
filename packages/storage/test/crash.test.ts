import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { seededRng } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import { describe, expect, it } from 'vitest'
import { createShareFiles, openCatalogue, subtleHasher } from '../src/index.ts'
import { crashShare } from './harness/crash-share.ts'
import { quietLog } from './harness/quiet-log.ts'
import { tempFolder } from './harness/temp-folder.ts'

const WRITER = fileURLToPath(new URL('./harness/crashing-writer.ts', import.meta.url))
const ROUNDS = { 'at the end': 4, places: 6 }

type Writer = ChildProcessByStdio<null, Readable, null>

interface Run {
  seed: number
  pieces: number
  /** Whether files get their names as they are complete, or what is at the target is adopted. */
  mode: 'at the end' | 'places' | 'adopts'
}

/** Runs the writer until it has written `pieces` more, then kills it; answers whether it finished before. */
async function runUntil(folder: string, { seed, pieces, mode }: Run): Promise<boolean> {
  const child: Writer = spawn(process.execPath, [WRITER, folder, String(seed), mode], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const gone = once(child, 'exit')
  let written = -1 // the first line says ready
  let finished = false
  for await (const line of createInterface(child.stdout)) {
    finished ||= line === 'finished'
    if (++written === pieces) child.kill('SIGKILL')
  }
  await gone
  return finished
}

describe('SIGKILL', () => {
  it.each(['at the end', 'places'] as const)(
    'at any moment leaves no false claim, and the download goes on; names: %s',
    { timeout: 60_000 },
    async (mode) => {
      const folder = tempFolder()
      const share = crashShare()
      const rng = seededRng(4711)
      try {
        let finished = false
        for (let round = 0; round < ROUNDS[mode] && !finished; round++) {
          finished = await runUntil(folder.path, { seed: round, pieces: 5 + rng.below(90), mode })
          checkClaims(folder.path, share)
          await checkOpen(folder.path, share, finished)
        }
        if (!finished)
          finished = await runUntil(folder.path, { seed: 99, pieces: Number.POSITIVE_INFINITY, mode })
        expect(finished).toBe(true)
        for (const [index, file] of share.layout.files.entries()) {
          const found = readFileSync(join(folder.path, 'target', ...file.diskPath))
          expect(found.equals(share.file(index))).toBe(true)
        }
        expect(readdirSync(folder.path).sort()).toEqual(['home', 'target'])
      } finally {
        folder.remove()
      }
    }
  )
})

describe('SIGKILL while a target is adopted', () => {
  it('leaves what was there, or has taken it over', { timeout: 60_000 }, async () => {
    const folder = tempFolder()
    const share = crashShare()
    const rng = seededRng(815)
    const place = (file: number): string =>
      join(folder.path, 'target', ...(share.layout.files.at(file)?.diskPath ?? []))
    const put = (file: number, data: Uint8Array): void => {
      mkdirSync(dirname(place(file)), { recursive: true })
      writeFileSync(place(file), data)
    }
    try {
      put(0, share.file(0).slice(0, 150_000))
      put(1, share.file(1))
      put(4, share.file(4).fill(0, 20 * 1024, 40 * 1024))
      put(5, share.file(5))
      const all = pieces(share, [0, 1, 4, 5])
      // The last ones hit it, with some luck, while files are moved.
      const moments = [1 + rng.below(all), 1 + rng.below(all), all, all]
      for (const [seed, moment] of moments.entries()) {
        await runUntil(folder.path, { seed, pieces: moment, mode: 'adopts' })
        checkClaims(folder.path, share)
      }
      expect(await runUntil(folder.path, { seed: 9, pieces: Number.POSITIVE_INFINITY, mode: 'adopts' })).toBe(
        true
      )
      for (const file of share.layout.files.keys())
        expect(readFileSync(place(file)).equals(share.file(file))).toBe(true)
      expect(readdirSync(folder.path).sort()).toEqual(['home', 'target'])
    } finally {
      folder.remove()
    }
  })
})

function pieces(share: ReturnType<typeof crashShare>, files: readonly number[]): number {
  return files.reduce((sum, file) => sum + (share.layout.files.at(file)?.pieceCount ?? 0), 0)
}

/** Every piece that the catalogue claims has the right bytes on disk, read without the store. */
function checkClaims(folder: string, share: ReturnType<typeof crashShare>): void {
  const { catalogue, recovered } = openCatalogue({
    file: join(folder, 'home', 'catalogue.db'),
    now: Date.now
  })
  expect(recovered).toBeUndefined()
  const { layout } = share
  const record = catalogue.share(share.cid)
  const roots = [record?.partPath, record?.path].filter((root) => root !== undefined)
  for (const p of catalogue.have(share.cid, layout.pieceCount).ones()) {
    const piece = p as Parameters<typeof layout.fileOf>[0]
    const file = layout.files.at(layout.fileOf(piece))
    const paths = roots.map((root) => join(root, ...(file?.diskPath ?? [])))
    const data = readFileSync(paths.find((path) => existsSync(path)) ?? '')
    const at = layout.fileOffset(piece)
    expect(data.subarray(at, at + layout.dataSize(piece)).equals(share.block(piece))).toBe(true)
  }
  catalogue.close()
}

/** The store claims exactly what the catalogue says: nothing that was marked is lost either. */
async function checkOpen(
  folder: string,
  share: ReturnType<typeof crashShare>,
  finished: boolean
): Promise<void> {
  const { catalogue } = openCatalogue({ file: join(folder, 'home', 'catalogue.db'), now: Date.now })
  const files = createShareFiles({
    catalogue,
    hasher: subtleHasher,
    clock: new VirtualClock(),
    log: quietLog,
    ownData: [],
    reserve: () => 0
  })
  const marked = catalogue.have(share.cid, share.layout.pieceCount)
  const store = await files.open(share.cid, share.layout)
  expect([...store.have.ones()]).toEqual([...marked.ones()])
  if (finished) expect(store.have.isFull).toBe(true)
  await store.close()
  catalogue.close()
}
