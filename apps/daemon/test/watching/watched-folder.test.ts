import { ShareError } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { MemoryCatalogue, VirtualClock } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { CALM_PAUSE, PAUSE_PER_LOOK, QUIET } from '../../src/watching/limits.ts'
import type { FolderLook } from '../../src/watching/look-at-folder.ts'
import { WatchedFolder } from '../../src/watching/watched-folder.ts'
import type { WatchedShares } from '../../src/watching/watched-shares.ts'
import { WatchStore } from '../../src/watching/watch-store.ts'

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }

/** A folder on a disk that is only told of, with shares whose hash is their content. */
class Desk {
  readonly clock = new VirtualClock()
  readonly store = new WatchStore(new MemoryCatalogue())
  readonly done: string[] = []
  readonly inTrouble = new Set<string>()
  /** What lies in the folder; a reason when it is away. */
  files: Record<string, string> | string = {}
  device = 'disk'
  looks = 0
  lookTakes = 0
  failing: string | undefined
  folder: WatchedFolder

  constructor() {
    this.folder = this.begin()
  }

  /** As after a restart of the daemon. */
  begin(): WatchedFolder {
    const shares: WatchedShares = {
      seed: async (path, { movedFrom }) => {
        if (this.failing !== undefined) throw failure(this.failing)
        const cid = `cid-${this.content(path)}`
        this.done.push(`seed ${path} ${cid}${movedFrom === undefined ? '' : ` that was ${movedFrom}`}`)
        return cid
      },
      supersede: async (cid, { before, path, newer }) =>
        void this.done.push(`supersede ${before === path ? '' : `${before} `}${path} ${cid} ${newer}`),
      lose: (cid, path, offline) => void this.done.push(`lose ${path} ${cid} ${offline ?? 'missing'}`),
      resume: (cid) => void this.done.push(`resume ${cid}`),
      drop: async (cid) => void this.done.push(`drop ${cid}`),
      isInTrouble: (cid) => this.inTrouble.has(cid)
    }
    const { clock, store } = this
    const inTurn = (work: () => Promise<void>): Promise<void> => work()
    const look = async (): Promise<FolderLook> => this.look()
    const settings = store.folders()[0]?.settings ?? {}
    this.folder = new WatchedFolder({ clock, store, shares, log: quiet, inTurn, look }, '/w', settings)
    this.folder.start()
    return this.folder
  }

  look(): FolderLook {
    this.looks++
    this.clock.advance(this.lookTakes)
    if (typeof this.files === 'string') return { kind: 'offline', reason: this.files }
    return { kind: 'seen', device: this.device, inode: '1', looks: new Map(Object.entries(this.files)) }
  }

  content(path: string): string {
    return typeof this.files === 'string' ? '' : (this.files[path.slice(3)] ?? '').slice(0, 1)
  }

  /** Lets time go by; answers what was done to shares. */
  async pass(ms = 4 * CALM_PAUSE): Promise<string[]> {
    this.done.length = 0
    await this.clock.advanceAsync(ms)
    return [...this.done]
  }
}

function failure(message: string): ShareError {
  return new ShareError({
    code: 'storage.unreadable',
    fault: 'disk',
    message,
    hint: 'Only a test sees this.'
  })
}

test('a new file is shared soon after it is still, a change later makes a version, the old one is told', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1' }
  await desk.pass(QUIET - 1000)
  expect(desk.done).toEqual([])
  expect(await desk.pass(5000)).toEqual(['seed /w/a cid-x'])
  desk.files = { a: 'y1' }
  expect(await desk.pass()).toEqual(['seed /w/a cid-y', 'supersede /w/a cid-x cid-y'])
  expect(await desk.pass()).toEqual([])
})

test('what is remembered is enough to go on after a restart', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1', b: 'b1' }
  await desk.pass()
  desk.folder.stop()
  desk.begin()
  expect(await desk.pass()).toEqual([])
  desk.folder.stop()
  desk.files = { a: 'y1', b: 'b1' }
  desk.inTrouble.add('cid-b')
  desk.begin()
  expect(await desk.pass()).toEqual(['resume cid-b', 'seed /w/a cid-y', 'supersede /w/a cid-x cid-y'])
})

test('a file that is gone puts all its versions into error, and takes them up when it is back', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1' }
  await desk.pass()
  desk.files = { a: 'y1' }
  await desk.pass()
  desk.files = {}
  expect(await desk.pass()).toEqual(['lose /w/a cid-x missing', 'lose /w/a cid-y missing'])
  desk.files = { a: 'y1' }
  expect(await desk.pass()).toEqual(['resume cid-x', 'resume cid-y'])
})

test('a folder that is away is offline, is looked at on, and comes back by itself', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1' }
  await desk.pass()
  desk.files = 'it is not there'
  expect(await desk.pass()).toEqual(['lose /w/a cid-x it is not there'])
  expect(desk.folder.offline).toBe('it is not there')
  desk.files = { a: 'x1' }
  expect(await desk.pass()).toEqual(['resume cid-x'])
  expect(desk.folder.offline).toBe(undefined)
})

test('an empty folder on another disk is one that is not mounted; a moved one with its files goes on', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1' }
  await desk.pass()
  Object.assign(desk, { device: 'below', files: { stray: 's1' } })
  expect(await desk.pass()).toEqual(['lose /w/a cid-x its disk is not mounted'])
  Object.assign(desk, { device: 'moved', files: { a: 'x1' } })
  expect(await desk.pass()).toEqual(['resume cid-x'])
  expect(desk.store.folders()[0]?.settings.device).toBe('moved')
})

test('a hash that another file has, too, is served from there', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1', b: 'x2' }
  await desk.pass()
  desk.files = { b: 'x2' }
  expect(await desk.pass()).toEqual(['seed /w/b cid-x'])
  desk.files = { b: 'x2', a: 'y1' }
  expect(await desk.pass()).toEqual(['seed /w/a cid-y', 'seed /w/b cid-x'])
})

test('what cannot be shared says so, and is tried again', async () => {
  const desk = new Desk()
  Object.assign(desk, { files: { a: 'x1' }, failing: 'cannot read /w/a' })
  await desk.pass()
  expect([...desk.folder.watch.view(desk.clock.now())]).toMatchObject([
    { state: 'failed', reason: 'cannot read /w/a' }
  ])
  desk.failing = undefined
  expect(await desk.pass(120_000)).toEqual(['seed /w/a cid-x'])
})

test('looks take a twentieth of the time at most', async () => {
  const desk = new Desk()
  desk.lookTakes = 3000
  await desk.pass(1000)
  const before = desk.looks
  await desk.pass(3000 * (PAUSE_PER_LOOK + 1) * 10)
  expect(desk.looks - before).toBeLessThanOrEqual(11)
  expect(desk.looks - before).toBeGreaterThan(5)
})

test('a renamed file keeps its hash and its history, is not settled for again, and nothing is missing', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1' }
  await desk.pass()
  desk.files = { a: 'y1' }
  await desk.pass()
  desk.files = { b: 'y1' }
  expect(await desk.pass(CALM_PAUSE)).toEqual([
    'seed /w/b cid-y that was /w/a',
    'supersede /w/a /w/b cid-x cid-y'
  ])
  const versions = [{ cid: 'cid-x' }, { cid: 'cid-y' }]
  expect([...desk.folder.watch.view(desk.clock.now())]).toMatchObject([
    { name: 'b', state: 'shared', versions }
  ])
  expect(await desk.pass()).toEqual([])
  desk.folder.stop()
  // Renamed again while the daemon was down.
  desk.files = { c: 'y1' }
  desk.begin()
  expect(await desk.pass()).toEqual(['seed /w/c cid-y that was /w/b', 'supersede /w/b /w/c cid-x cid-y'])
  expect(desk.store.entries('/w').map(([name]) => name)).toEqual(['c'])
})

test('a rename that cannot be shared is tried again later, and what was hashed then is hashed anew', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1' }
  await desk.pass()
  Object.assign(desk, { files: { b: 'x1' }, failing: 'cannot read /w/b' })
  await desk.pass(CALM_PAUSE)
  desk.failing = undefined
  expect(await desk.pass(120_000)).toEqual(['seed /w/b cid-x'])
  expect([...desk.folder.watch.view(desk.clock.now())]).toMatchObject([{ name: 'b', state: 'shared' }])
})

test('a folder that is deleted and made anew goes on: what is back is shared, what is not is missing', async () => {
  const desk = new Desk()
  desk.files = { a: 'x1', b: 'b1' }
  await desk.pass()
  desk.files = 'it is not there'
  await desk.pass()
  desk.files = {}
  expect([await desk.pass(), desk.folder.offline]).toEqual([[], undefined])
  expect(desk.folder.watch.isBusy).toBe(false)
  desk.files = { a: 'x2', c: 'c1' }
  expect(await desk.pass()).toEqual(['seed /w/a cid-x', 'seed /w/c cid-c'])
  expect([...desk.folder.watch.view(desk.clock.now())]).toMatchObject([
    { name: 'a', state: 'shared', versions: [{ cid: 'cid-x' }] },
    { name: 'b', state: 'missing' },
    { name: 'c', state: 'shared' }
  ])
})

test('after it is stopped nothing is looked at', async () => {
  const desk = new Desk()
  await desk.pass()
  desk.folder.stop()
  const { looks } = desk
  await desk.pass()
  expect(desk.looks).toBe(looks)
})
