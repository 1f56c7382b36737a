import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AnnounceLevel } from '../src/index.ts'
import { publicationOf } from '../src/seeding/publication.ts'
import { makeContent, type Node, World } from './node.ts'

let world: World

beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

const content = makeContent(1, { a: 3_000_000, b: 10, c: 2_500_000 })

async function seededAt(node: Node, announce?: AnnounceLevel): Promise<void> {
  node.files.place('/shared/x', content.cid, content.layout, content.block)
  const { signal } = new AbortController()
  await node.session.seed('/shared/x', { signal, ...(announce === undefined ? {} : { announce }) })
}

const announced = (node: Node): string | undefined => {
  const { announced: status } = node.session.status(node.session.share(content.cid))
  return status === undefined ? undefined : `${status.level} ${status.total}`
}

test('what is announced: the root, files of several chunks, all chunks', () => {
  const counts = (level: AnnounceLevel, complete = true): number[] => {
    const { files, chunks } = publicationOf('s', content.layout, complete, level)
    return [files.count, chunks.count]
  }
  expect(counts('chunks')).toEqual([2, 7])
  // The file that is one chunk is announced as a file where chunks are not.
  expect(counts('files')).toEqual([3, 0])
  expect(counts('roots')).toEqual([0, 0])
  expect(counts('chunks', false)).toEqual([0, 0])
})

test('a share says how much of it is announced, over restarts; otherwise the daemon does', async () => {
  const settings = { announce: 'files' } as const
  const node = await world.node('a', { settings })
  await seededAt(node)
  expect(announced(node)).toBe('files 4')
  await seededAt(node, 'roots')
  expect(announced(node)).toBe('roots 1')
  await node.stop()
  const again = await world.node('a', { settings, disk: node })
  await world.until('it is announced', () => announced(again) !== undefined)
  expect(announced(again)).toBe('roots 1')
  await seededAt(again, 'chunks')
  expect(announced(again)).toBe('chunks 10')
})

test('a stop does not withdraw; remove, pause and error do', async () => {
  const other = await world.node('other')
  const board = (): number => world.board.providers(content.layout.root.multihash.digest).length
  const node = await world.node('a')
  await seededAt(node, 'roots')
  expect(board()).toBe(1)
  await node.stop()
  expect(board()).toBe(1)
  const again = await world.node('a', { disk: node })
  await world.until('it is announced', () => announced(again) !== undefined)
  const driver = again.session.share(content.cid)
  again.session.pause(driver)
  expect(board()).toBe(0)
  driver.resume()
  await world.until('it is announced', () => board() === 1)
  await again.session.remove(driver, false)
  expect(board()).toBe(0)
  expect([...again.catalogue.values('announce').query('')]).toEqual([])
  await other.stop()
})

test('a share whose file has lost pieces is announced no more', async () => {
  const node = await world.node('a')
  node.files.place('/shared/x', content.cid, content.layout, content.block, [0, 1, 2])
  await node.session.seed('/shared/x', { signal: new AbortController().signal })
  const driver = node.session.share(content.cid)
  expect(announced(node)).toBe('chunks 10')
  await driver.verify()
  await world.until('it is in error', () => driver.state.state === 'error')
  expect(announced(node)).toBeUndefined()
})
