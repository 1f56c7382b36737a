import { type ByteRate, parseByteRange, pieceIndex } from '@p2pshare/base'
import { parseShareRef } from '@p2pshare/content'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReadStep } from '../../src/index.ts'
import { type Content, makeContent, type Node, World } from '../node.ts'

const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

/** The whole of a file of the content. */
function fileOf(content: Content, name: string): Buffer {
  const entry = [...content.layout.files].find(({ path }) => path.join('/') === name)
  const { firstPiece = 0, pieceCount = 0 } = entry ?? {}
  return Buffer.concat(
    Array.from({ length: pieceCount }, (_, i) => content.block(pieceIndex(firstPiece + i)))
  )
}

/** One that reads as fast as it can, or (`next`) step by step. */
class Reading {
  readonly leave = new AbortController()
  readonly steps: AsyncGenerator<ReadStep, void>
  readonly parts: Uint8Array[] = []
  failure: Error | undefined
  file: Extract<ReadStep, { kind: 'file' }> | undefined
  over = false

  constructor(node: Node, content: Content, path = '', range?: string) {
    const wish = {
      path: path === '' ? [] : path.split('/'),
      range: range === undefined ? undefined : parseByteRange(range)
    }
    this.steps = node.session.readings.read(parseShareRef(content.cid), wish, this.leave.signal)
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts)
  }

  /** Reads on until `enough` bytes were handed over, or to the end. */
  async run(enough = Number.POSITIVE_INFINITY): Promise<void> {
    this.over = false
    try {
      while (this.bytes.byteLength < enough) {
        const { value: step, done } = await this.steps.next()
        if (done === true) break
        if (step.kind === 'file') this.file = step
        if (step.kind !== 'bytes') continue
        this.parts.push(step.bytes.slice())
        step.giveBack()
      }
    } catch (error) {
      this.failure = error as Error
    }
    this.over = true
  }
}

async function two(content: Content): Promise<{ seeder: Node; other: Node }> {
  const [seeder, other] = [await world.node('seeder'), await world.node('other')]
  await seeder.seed('photos', content)
  return { seeder, other }
}

async function readAll(reading: Reading): Promise<Reading> {
  void reading.run()
  await world.until('all is read', () => reading.over)
  if (reading.failure !== undefined) throw reading.failure
  return reading
}

describe('a share that is not here', () => {
  test('is read as it comes, in order; only that file is fetched, nothing is announced, and nothing stays', async () => {
    const content = makeContent(41, { 'a/film.mkv': 24 * MIB, 'b.bin': 8 * MIB })
    const { seeder, other } = await two(content)
    seeder.session.limits.change({ up: (4 * MIB) as ByteRate, includeLan: true })
    const reading = new Reading(other, content, 'a/film.mkv')
    void reading.run()
    await world.until('the first bytes are read', () => reading.parts.length > 0)
    const share = other.session.share(content.cid)
    expect(share.bytes.have?.count).toBeLessThan(10)
    expect(share.state.state).toBe('fetching')
    const announcing = world.board.providers(content.layout.root.multihash.digest).map(({ peer }) => peer)
    expect(announcing).toEqual(['seeder'])
    await world.until('all is read', () => reading.over)
    expect(reading.failure).toBeUndefined()
    expect(reading.bytes.equals(fileOf(content, 'a/film.mkv'))).toBe(true)
    expect(reading.file).toMatchObject({ size: 24 * MIB, start: 0, end: 24 * MIB })
    expect(seeder.session.share(content.cid).record.uploaded).toBeLessThan(25 * MIB)
    expect(other.session.shares()).toEqual([])
    expect(other.catalogue.shares()).toEqual([])
    expect([...other.catalogue.values('temporary').query('')]).toEqual([])
    expect([...other.catalogue.values('selection').query('')]).toEqual([])
  })

  test('a reader who stops makes no more be fetched than lies in the window; the end of reading ends that', async () => {
    const content = makeContent(42, { '': 60 * MIB })
    const { seeder, other } = await two(content)
    const reading = new Reading(other, content)
    void reading.run(1)
    await world.until('the first bytes are read', () => reading.over)
    for (let i = 0; i < 300; i++) {
      await new Promise(setImmediate)
      await world.clock.advanceAsync(100)
    }
    const share = other.session.share(content.cid)
    expect(share.bytes.have?.count).toBeLessThanOrEqual(32)
    await reading.steps.return()
    expect(other.session.shares()).toEqual([])
    expect(seeder.session.share(content.cid).record.uploaded).toBeLessThanOrEqual(33 * MIB)
  })

  test('two read it at a time, each its range; it goes with the last', async () => {
    const content = makeContent(43, { '': 6 * MIB + 77 })
    const { other } = await two(content)
    const [one, two_] = [new Reading(other, content, '', '5-10'), new Reading(other, content, '', '-100')]
    const all = fileOf(content, '')
    void two_.run(1)
    await world.until('the other has begun', () => two_.over)
    await readAll(one)
    expect(one.bytes.equals(all.subarray(5, 11))).toBe(true)
    expect(other.session.shares()).toHaveLength(1)
    await readAll(two_)
    expect(two_.bytes.equals(all.subarray(-100))).toBe(true)
    expect(two_.file).toMatchObject({ start: 6 * MIB - 23, end: 6 * MIB + 77 })
    expect(other.session.shares()).toEqual([])
  })

  test('somebody begins to fetch it for good: the reader follows that, and it stays', async () => {
    const content = makeContent(44, { '': 12 * MIB })
    const { seeder, other } = await two(content)
    seeder.session.limits.change({ up: MIB as ByteRate, includeLan: true })
    const reading = new Reading(other, content)
    void reading.run()
    await world.until('the first bytes are read', () => reading.parts.length > 0)
    const temporary = other.session.share(content.cid)
    const fetched = other.fetch(content.cid)
    await world.until('all is read', () => reading.over)
    expect(reading.failure).toBeUndefined()
    expect(reading.bytes.equals(fileOf(content, ''))).toBe(true)
    const share = other.session.share(content.cid)
    expect(share).toBe(await fetched)
    expect(share).not.toBe(temporary)
    await world.until('it is here for good', () => share.record.complete)
    expect(share.record.path).toBe('/downloads/photos')
  })

  test('somebody seeds it meanwhile: it is read from there, and never removed', async () => {
    const content = makeContent(45, { '': 12 * MIB })
    const { seeder, other } = await two(content)
    seeder.session.limits.change({ up: MIB as ByteRate, includeLan: true })
    const reading = new Reading(other, content)
    void reading.run()
    await world.until('the first bytes are read', () => reading.parts.length > 0)
    const own = await other.seed('mine', content)
    await world.until('all is read', () => reading.over)
    expect(reading.failure).toBeUndefined()
    expect(reading.bytes.equals(fileOf(content, ''))).toBe(true)
    expect(other.session.shares()).toEqual([own])
    expect(world.board.providers(content.layout.root.multihash.digest)).toHaveLength(2)
  })

  test('what a run left that was killed is deleted, and not started', async () => {
    const content = makeContent(46, { '': 12 * MIB })
    const { other } = await two(content)
    const reading = new Reading(other, content)
    void reading.run(1)
    await world.until('the first bytes are read', () => reading.over)
    const saved = other.catalogue.shares()
    const marks = [...other.catalogue.values('temporary').query('')]
    await reading.steps.return()
    for (const record of saved) other.catalogue.putShare(record)
    other.catalogue.values('temporary').batch(marks, [])
    await other.stop()
    const again = await world.node('other', { disk: other })
    expect(again.session.shares()).toEqual([])
    await world.until('the rest is gone', () => again.catalogue.shares().length === 0)
    expect([...again.catalogue.values('temporary').query('')]).toEqual([])
  })

  test('what cannot be read is told: a folder, a wrong name, a range beyond the end, a share removed meanwhile', async () => {
    const content = makeContent(47, { 'a/b.bin': 5, 'a/c.bin': 9 * MIB, empty: 0 })
    const { other } = await two(content)
    const failing = (path: string, range?: string): Promise<unknown> =>
      readAll(new Reading(other, content, path, range))
    await expect(failing('a')).rejects.toMatchObject({
      code: 'content.is-folder',
      message: expect.stringMatching(/2 files, such as "a\/b.bin"/)
    })
    await expect(failing('')).rejects.toMatchObject({ code: 'content.is-folder' })
    await expect(failing('a/d.bin')).rejects.toMatchObject({ code: 'content.no-such-entry' })
    await expect(failing('a/b.bin', '5-')).rejects.toMatchObject({
      code: 'content.range-beyond-end',
      detail: { size: 5 }
    })
    await expect(failing('empty', '0-')).rejects.toMatchObject({ code: 'content.range-beyond-end' })
    expect((await readAll(new Reading(other, content, 'empty'))).bytes).toHaveLength(0)
    const reading = new Reading(other, content, 'a/c.bin')
    void reading.run(1)
    await world.until('the first bytes are read', () => reading.over)
    await other.session.remove(other.session.share(content.cid), true)
    void reading.run()
    await world.until('it is told', () => reading.over)
    expect(reading.failure).toMatchObject({ code: 'session.share-removed' })
  })

  test('is fetched beside the queue, and takes nobody a place', async () => {
    const [content, wanted] = [makeContent(49, { '': 12 * MIB }), makeContent(40, { '': MIB })]
    const seeder = await world.node('seeder')
    await seeder.seed('photos', content)
    seeder.session.limits.change({ up: MIB as ByteRate, includeLan: true })
    const other = await world.node('other', { startControls: { fetches: 1 } })
    const reading = new Reading(other, content)
    void reading.run()
    await world.until('the first bytes are read', () => reading.parts.length > 0)
    const temporary = other.session.share(content.cid)
    const [first, second] = [await other.fetch(wanted.cid), await other.fetch(makeContent(39, { '': 1 }).cid)]
    other.session.controls.queue.move(second.cid, 'first')
    await world.until('that counts', () => second.state.state === 'fetching')
    expect([temporary, first, second].map(({ state }) => state.state)).toEqual([
      'fetching',
      'queued',
      'fetching'
    ])
    await world.until('all is read', () => reading.over)
    expect(reading.bytes.equals(fileOf(content, ''))).toBe(true)
  })

  test('is no share that others are told of, until it is fetched for good', async () => {
    const content = makeContent(38, { '': 12 * MIB })
    await (await world.node('seeder')).seed('photos', content)
    const told: unknown[] = []
    const other = await world.node('other', { onShare: (share) => told.push(share) })
    const reading = new Reading(other, content)
    void reading.run(1)
    await world.until('the first bytes are read', () => reading.over)
    expect(other.session.shares()).toHaveLength(1)
    expect(told).toEqual([])
    const share = await other.fetch(content.cid)
    expect(told).toEqual([share])
    await reading.steps.return()
  })

  test('nobody has it: waits, tells so, and ends at once when it is left', async () => {
    const lonely = await world.node('lonely')
    const reading = new Reading(lonely, makeContent(48, { '': MIB }))
    expect((await reading.steps.next()).value).toMatchObject({ kind: 'waiting' })
    const next = reading.steps.next()
    reading.leave.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(lonely.session.shares()).toEqual([])
  })
})

describe('a share that is here', () => {
  test('in part: what is here is read at once, the rest before all else; the state then is as before', async () => {
    const content = makeContent(51, { 'a.bin': 8 * MIB, 'b.bin': 8 * MIB })
    const { seeder, other } = await two(content)
    const share = await other.session.fetch(parseShareRef(content.cid), {
      folder: '/downloads',
      force: false,
      choice: { paths: ['a.bin'], globs: [], numbers: [] }
    })
    await world.until('what was chosen is here', () => share.state.state === 'seeding')
    const reading = await readAll(new Reading(other, content, 'b.bin', `${MIB}-${3 * MIB - 1}`))
    expect(reading.bytes.equals(fileOf(content, 'b.bin').subarray(MIB, 3 * MIB))).toBe(true)
    expect(share.bytes.have?.count).toBe(10)
    expect(other.session.share(content.cid)).toBe(share)
    await world.until('it is as before', () => share.state.reason === 'selected files are complete')
    // Without the seeder it waits, and tells so.
    await seeder.stop()
    const rest = new Reading(other, content, 'b.bin')
    void rest.run()
    await world.until('what is here was read', () => rest.over || other.session.status(share).peers === 0)
    expect([rest.over, rest.bytes.byteLength]).toEqual([false, 0])
    rest.leave.abort()
    await world.until('it ends', () => rest.over)
  })

  test('comes in the order in which it is read; what lay ahead of a reader who leaves is wanted no more', async () => {
    const content = makeContent(54, { 'a.bin': MIB, 'b.bin': 24 * MIB })
    const { seeder, other } = await two(content)
    const share = await other.session.fetch(parseShareRef(content.cid), {
      folder: '/downloads',
      force: false,
      choice: { paths: ['a.bin'], globs: [], numbers: [] }
    })
    await world.until('what was chosen is here', () => share.state.state === 'seeding')
    seeder.session.limits.change({ up: 200_000 as ByteRate, includeLan: true })
    const reading = new Reading(other, content, 'b.bin')
    void reading.run(1)
    await world.until('the first bytes are read', () => reading.over)
    expect(share.bytes.have?.count).toBe(2)
    await reading.steps.return()
    const left = world.clock.now()
    await world.until('the rest of the window could be here', () => world.clock.now() > left + 30_000)
    expect(share.bytes.have?.count).toBe(2)
    expect(share.state).toEqual({ state: 'seeding', reason: 'selected files are complete' })
    expect(other.session.share(content.cid)).toBe(share)
  })

  test('whole, of the seeder: no fetch is needed; a file that changed is an error, and nothing of it is read', async () => {
    const content = makeContent(52, { 'x/y.bin': 3 * MIB, 'z.bin': 10 })
    const seeder = await world.node('seeder')
    await seeder.seed('photos', content)
    const reading = await readAll(new Reading(seeder, content, 'x/y.bin', '100-'))
    expect(reading.bytes.equals(fileOf(content, 'x/y.bin').subarray(100))).toBe(true)
    const store = seeder.files.stores.at(-1)
    store?.have.clear(pieceIndex(1))
    await expect(readAll(new Reading(seeder, content, 'x/y.bin'))).rejects.toMatchObject({
      code: 'session.part-missing'
    })
  })

  test('paused: what is here is read, what is not is an error that says how to go on', async () => {
    const content = makeContent(53, { '': 8 * MIB })
    const { seeder, other } = await two(content)
    seeder.session.limits.change({ up: MIB as ByteRate, includeLan: true })
    const share = await other.fetch(content.cid)
    share.wishes.setOrder('sequential')
    await world.until('a part is here', () => share.bytes.have?.has(pieceIndex(0)) === true)
    other.session.pause(share)
    const reading = new Reading(other, content)
    void reading.run()
    await world.until('it ends', () => reading.over)
    expect(reading.failure).toMatchObject({
      code: 'session.part-missing',
      hint: expect.stringMatching(/resume/)
    })
    expect(reading.bytes.byteLength).toBeGreaterThanOrEqual(MIB)
    expect(fileOf(content, '').subarray(0, reading.bytes.byteLength).equals(reading.bytes)).toBe(true)
  })
})
