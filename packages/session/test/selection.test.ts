import { type ByteRate, millis, pieceIndex, ShareError } from '@p2pshare/base'
import { type FileChoice, parseShareRef } from '@p2pshare/content'
import { MemoryCatalogue } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ShareSelection } from '../src/wishes/share-selection.ts'
import { type Content, makeContent, type Node, World } from './node.ts'

const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

const choice = (more: Partial<FileChoice>): FileChoice => ({ paths: [], globs: [], numbers: [], ...more })
const fileOf = (content: Content, name: string): number =>
  [...content.layout.files].findIndex(({ path }) => path[0] === name)
const files = (...numbers: number[]): FileChoice => choice({ numbers: numbers.map((n) => [n, n]) })

describe('a selection of files', () => {
  test('only wanted files are fetched, the state says so, and it outlives a restart', async () => {
    const content = makeContent(11, { 'a.bin': 3 * MIB, 'b.bin': 2 * MIB })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('two', content)
    fetcher.files.free = 0
    const share = await fetcher.fetch(content.cid)
    await world.until('it waits for space', () => share.state.state === 'paused')
    const b = choice({ paths: ['b.bin'] })
    await share.wishes.wish({ priorities: { skip: b } })
    fetcher.files.free = 1e12
    await world.until('what is wanted is here', () => share.state.state === 'seeding')
    expect(share.record).toMatchObject({ complete: false, reason: 'selected files are complete' })
    expect(fetcher.session.status(share).phase).toBe('done')
    expect(share.bytes.have?.count).toBe(3)

    await fetcher.stop()
    const again = await world.node('fetcher', { disk: fetcher })
    const same = again.session.share(content.cid)
    await world.until('it is as before', () => same.state.reason === 'selected files are complete')
    for (let i = 0; i < 100; i++) await world.clock.advanceAsync(100)
    expect(same.bytes.have?.count).toBe(3)
    await same.wishes.wish({ priorities: { normal: b } })
    await world.until('the rest is here', () => same.record.complete)
    expect(same.record.reason).toBeUndefined()
  })

  test('is kept in the catalogue, order included; what cannot be read counts as none', async () => {
    const content = makeContent(12, { 'a.bin': MIB, 'b.bin': MIB, 'c.bin': MIB })
    const values = new MemoryCatalogue().values('selection')
    const selection = new ShareSelection(values, 'cid')
    await selection.wish(content.layout, { priorities: { skip: files(1) } }, false)
    await selection.wish(content.layout, { priorities: { high: files(2) } }, false)
    selection.setOrder('sequential')
    const again = new ShareSelection(values, 'cid')
    expect(again.order).toBe('sequential')
    expect(again.ranges(content.layout).map(({ priority }) => priority)).toEqual([0, 3, 2])
    values.put('cid', new TextEncoder().encode('{"files":3,"levels":"AAAA","order":7}'))
    const damaged = new ShareSelection(values, 'cid')
    expect(damaged.ranges(content.layout)).toEqual([{ start: 0, count: 3, priority: 2 }])
    expect(damaged.order).toBe('rarest')
  })
})

describe('the order of pieces', () => {
  /** A fetch from a slow seeder, and the pieces in the order in which they came. */
  async function slowFetch(
    content: Content
  ): Promise<{ share: Awaited<ReturnType<Node['fetch']>>; came: number[] }> {
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('film', content)
    seeder.session.limits.change({ up: MIB as ByteRate, includeLan: true })
    const share = await fetcher.fetch(content.cid)
    const came: number[] = []
    await world.until('its index is here', () => share.record.indexed)
    return { share, came }
  }

  async function run(share: Awaited<ReturnType<Node['fetch']>>, came: number[], most: number): Promise<void> {
    for (let i = 0; i < most && !share.record.complete; i++) {
      await world.clock.advanceAsync(50)
      await new Promise(setImmediate)
      for (const piece of share.bytes.have?.ones() ?? []) if (!came.includes(piece)) came.push(piece)
    }
  }

  test('sequential: pieces come nearly in order', async () => {
    const { share, came } = await slowFetch(makeContent(13, { '': 24 * MIB }))
    share.wishes.setOrder('sequential')
    await run(share, came, 1200)
    expect(share.record.complete).toBe(true)
    // One pick in ten is a rarest one, and what was asked before the order was told comes, too.
    const behind = came.filter((piece, i) => Math.abs(piece - i) <= 4).length
    expect(behind).toBeGreaterThan(15)
  })

  test('a reader gets the part that it wants before the rest, and can take the wish back', async () => {
    const content = makeContent(14, { '': 24 * MIB })
    const { share, came } = await slowFetch(content)
    share.wishes.want([{ range: { file: 0, offset: 15 * MIB + 5, length: MIB }, dueIn: millis(3000) }])
    await run(share, came, 160)
    const wanted = [15, 16].map((piece) => pieceIndex(piece))
    // A few were asked for before.
    for (const piece of wanted) expect(came.slice(0, 6)).toContain(piece)
    share.wishes.unwant({ file: 0, offset: 15 * MIB + 5, length: MIB })
    await run(share, came, 1200)
    expect(share.record.complete).toBe(true)
  })
})

describe('a choice of files', () => {
  const ALBUM = { 'a/one.jpg': MIB, 'a/two.srt': MIB, 'b/three.jpg': 2 * MIB, 'b/four.bin': 3 * MIB }

  async function album(seed: number): Promise<{ content: Content; fetcher: Node }> {
    const content = makeContent(seed, ALBUM)
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('album', content)
    return { content, fetcher }
  }
  const fetchOnly = (node: Node, cid: string, wanted: FileChoice): ReturnType<Node['fetch']> =>
    node.session.fetch(parseShareRef(cid), { folder: '/downloads', force: false, choice: wanted })

  test('made before the index is known, nothing else is fetched; space is needed for it alone', async () => {
    const { content, fetcher } = await album(31)
    fetcher.files.free = 3 * MIB
    const share = await fetchOnly(fetcher, content.cid, choice({ globs: ['*.jpg'] }))
    await world.until('the pictures are here', () => share.state.state === 'seeding')
    expect(share.bytes.have?.count).toBe(3)
    expect(fetcher.session.status(share)).toMatchObject({
      steps: 3,
      totalSteps: 3,
      done: 3 * MIB,
      total: 3 * MIB
    })
    // Another fetch wants more, and keeps what was wanted.
    fetcher.files.free = 1e12
    expect(await fetchOnly(fetcher, content.cid, choice({ paths: ['a/two.srt'] }))).toBe(share)
    await world.until('that is here, too', () => share.bytes.have?.count === 4)
    // Less is wanted than is here: still all of that is here.
    await share.wishes.wish({ choice: choice({ paths: ['a/two.srt'] }) })
    await world.until('it stays as it is', () => share.state.state === 'seeding')
    await share.wishes.wish({ choice: 'all' })
    await world.until('all is here', () => share.record.complete)
  })

  test('gives each file its place as it is complete, and what comes later, too', async () => {
    const content = makeContent(36, { 'a.bin': MIB, 'b.bin': 12 * MIB, 'c.bin': MIB })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('three', content)
    seeder.session.limits.change({ up: MIB as ByteRate, includeLan: true })
    const [a, b] = [fileOf(content, 'a.bin'), fileOf(content, 'b.bin')]
    const share = await fetchOnly(fetcher, content.cid, choice({ paths: ['a.bin', 'b.bin'] }))
    share.wishes.setOrder('sequential')
    const placed = (): number[] => [...(fetcher.files.stores.at(-1)?.placed ?? [])].sort((x, y) => x - y)
    await world.until('the first is at its place', () => placed().length > 0)
    expect([placed(), share.state.state]).toEqual([[a], 'fetching'])
    await world.until('both are', () => share.state.state === 'seeding')
    expect(placed()).toEqual([a, b])
    await share.wishes.wish({ choice: 'all' })
    await world.until('all is here', () => share.record.complete)
    expect(fetcher.files.stores.at(-1)?.finished).toBe(true)
    // Where all is wanted from the start, all is placed at once, at the end.
    const whole = await world.node('whole')
    const all = await whole.fetch(content.cid)
    await world.until('all of it is here', () => all.record.complete)
    expect(whole.files.stores.at(-1)?.placed).toEqual(new Set())
  })

  test('with a file at its place that is not what it was: an error if it is wanted, nothing otherwise', async () => {
    const { content, fetcher } = await album(37)
    const share = await fetchOnly(fetcher, content.cid, choice({ paths: ['a'] }))
    await world.until('the folder is here', () => share.state.state === 'seeding')
    const stray = [...content.layout.files].findIndex(({ path }) => path.join('/') === 'a/one.jpg')
    const store = fetcher.files.stores.at(-1)
    store?.strays.set(stray, new ShareError({ code: 'storage.changed', fault: 'disk', message: 'changed' }))
    fetcher.session.pause(share)
    share.resume()
    await world.until('it is told', () => share.state.state === 'error')
    expect(share.failure?.code).toBe('storage.changed')
    await share.wishes.wish({ choice: choice({ paths: ['a/two.srt'] }) })
    share.resume()
    await world.until('nobody minds', () => share.state.state === 'seeding')
  })

  test('outlives a restart before the index is known, and one after', async () => {
    const { content, fetcher } = await album(32)
    const lonely = await world.node('lonely', { place: 'nowhere' })
    await fetchOnly(lonely, content.cid, choice({ numbers: [[1, 1]] }))
    await lonely.stop()
    const again = await world.node('again', { disk: lonely })
    const share = again.session.share(content.cid)
    await world.until('the file is here', () => share.state.state === 'seeding')
    expect(share.bytes.have?.count).toBe(content.layout.files.at(0)?.pieceCount)
    await fetcher.stop()
    await again.stop()
    const third = await world.node('third', { disk: lonely })
    const same = third.session.share(content.cid)
    await world.until('it is as before', () => same.state.reason === 'selected files are complete')
    await third.session.remove(same, false)
    expect([...lonely.catalogue.values('selection').query('')]).toEqual([])
  })

  test('that means no file is an error: before anything is fetched, and another choice takes its place', async () => {
    const { content, fetcher } = await album(33)
    const share = await fetchOnly(fetcher, content.cid, choice({ globs: ['*.jqg'] }))
    await world.until('it is refused', () => share.state.state === 'error')
    expect(share.failure).toMatchObject({
      code: 'content.no-such-entry',
      message: expect.stringMatching(/nearest/)
    })
    expect(fetcher.files.stores).toEqual([])
    await expect(fetchOnly(fetcher, content.cid, choice({ paths: ['c'] }))).rejects.toThrow(/nothing at "c"/)
    expect(share.state.state).toBe('error')
    await fetchOnly(fetcher, content.cid, choice({ paths: ['a'] }))
    await world.until('the folder is here', () => share.state.state === 'seeding')
    expect(share.bytes.have?.count).toBe(2)
  })

  test('of nothing but an empty file is done at once', async () => {
    const content = makeContent(35, { 'a.bin': MIB, 'empty.txt': 0 })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('two', content)
    const share = await fetchOnly(fetcher, content.cid, choice({ paths: ['empty.txt'] }))
    await world.until('it is done', () => share.state.state === 'seeding')
    expect(share.bytes.have?.count).toBe(0)
  })

  test('of very many files is kept small, whichever way; what is stored and cannot be read counts as none', async () => {
    const many = makeContent(34, Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 10])))
    const values = new MemoryCatalogue().values('selection')
    const selection = new ShareSelection(values, 'cid')
    for (const numbers of [
      [[7, 7]],
      [
        [1, 6],
        [8, 500]
      ]
    ] as [number, number][][]) {
      await selection.wish(many.layout, { choice: choice({ numbers }) }, false)
      expect(values.get('cid')?.byteLength).toBeLessThan(250)
      const wanted = numbers.reduce((sum, [from, to]) => sum + to - from + 1, 0)
      expect(new ShareSelection(values, 'cid').wanted(many.layout)).toEqual({
        files: wanted,
        size: 10 * wanted
      })
    }
    values.put(
      'cid',
      new TextEncoder().encode('{"wish":{"choice":{"paths":[7],"globs":[],"numbers":[]}},"levels":9}')
    )
    expect(new ShareSelection(values, 'cid').isWhole).toBe(true)
    const bad = { choice: choice({ globs: ['{a,b}'.repeat(9)] }) }
    await expect(selection.wish(undefined, bad, false)).rejects.toThrow(/64/)
  })
})

describe('how much files are wanted', () => {
  const FILES = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, 10]))
  const content = makeContent(36, FILES)
  const begin = (): { selection: ShareSelection; all: () => string } => {
    const values = new MemoryCatalogue().values('selection')
    const selection = new ShareSelection(values, 'cid')
    // As it is after a restart.
    const all = (): string =>
      [0, 1, 2, 3, 4].map((file) => new ShareSelection(values, 'cid').priority(file)[0]).join('')
    return { selection, all }
  }

  test('is set for some, the rest stays; of several the highest counts', async () => {
    const { selection, all } = begin()
    const { layout } = content
    await selection.wish(
      layout,
      { priorities: { high: files(1, 2), low: files(3), skip: files(4, 1) } },
      false
    )
    expect(all()).toBe('hhlsn')
    await selection.wish(layout, { priorities: { normal: files(2) } }, false)
    expect(all()).toBe('hnlsn')
    expect(selection.wanted(layout)).toEqual({ files: 4, size: 40 })
    // A choice keeps what is wanted more or less; what was skipped is wanted normally.
    await selection.wish(layout, { choice: files(1, 3, 4) }, false)
    expect(all()).toBe('hslns')
    await selection.wish(layout, { choice: 'all', priorities: { low: files(5) } }, false)
    expect(all()).toBe('hnlnl')
    await selection.wish(layout, { choice: files(1), priorities: { high: files(2) } }, false)
    expect(all()).toBe('hhsss')
    await expect(
      selection.wish(layout, { choice: 'all', priorities: { low: files(1), high: files(6) } }, false)
    ).rejects.toThrow(/no file 6/)
    expect(all()).toBe('hhsss')
  })

  test('may be said before the index is known, and adds up; it outlives a restart', async () => {
    const values = new MemoryCatalogue().values('selection')
    const before = new ShareSelection(values, 'cid')
    await before.wish(
      undefined,
      { choice: choice({ globs: ['[abc]'] }), priorities: { high: files(1) } },
      false
    )
    await before.wish(undefined, { priorities: { low: choice({ paths: ['b'] }) } }, false)
    await before.wish(undefined, { choice: files(4), priorities: { high: files(5) } }, true)
    const after = new ShareSelection(values, 'cid')
    expect(after.isWhole).toBe(false)
    await after.settle(content.layout)
    const levels = [0, 1, 2, 3, 4].map((file) => after.priority(file))
    expect(levels).toEqual(['high', 'low', 'normal', 'normal', 'high'])
  })

  test('alone does not take the place of a choice that means no file', async () => {
    const { selection } = begin()
    await selection.wish(undefined, { choice: choice({ globs: ['zzz'] }) }, false)
    await expect(selection.settle(content.layout)).rejects.toThrow(/fits "zzz"/)
    await expect(selection.wish(content.layout, { priorities: { high: files(1) } }, false)).rejects.toThrow(
      /fits "zzz"/
    )
    await selection.wish(content.layout, { choice: files(2) }, true)
    expect(selection.wanted(content.layout).files).toBe(1)
  })

  test('another wish while one is being settled takes its place', async () => {
    const many = makeContent(37, Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, 1])))
    const { selection } = begin()
    await selection.wish(undefined, { choice: choice({ globs: ['f1*'] }) }, false)
    const settling = selection.settle(many.layout)
    await selection.wish(undefined, { choice: files(7, 8) }, false)
    await settling
    expect(selection.wanted(many.layout).files).toBe(2)
  })
})
