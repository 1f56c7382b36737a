import { encodeManifest, parseShareRef, PIECE_SIZE, PLAIN_PER_BLOCK } from '@p2pshare/content'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Content, makeContent, type Node, World } from '../node.ts'

const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

/** A private share of four blocks, of which the first has the manifest; here "sealed" is no more than cut into blocks. */
function privateContent(): Content {
  const manifest = encodeManifest({
    name: 'diary',
    entries: [
      { kind: 'folder', depth: 0, name: 'may', size: 0 },
      { kind: 'file', depth: 1, name: 'a.txt', size: 5 },
      { kind: 'file', depth: 0, name: 'b.bin', size: 3 * MIB }
    ]
  })
  const blocks = new Uint8Array(4 * PIECE_SIZE)
  blocks.set(manifest)
  return makeContent(1, { '': blocks })
}

/** @param opens - whether the key does */
function withKey(node: Node, opens = true): void {
  node.files.opener = (() => (_: number, block: Uint8Array) =>
    opens ? block.subarray(0, PLAIN_PER_BLOCK) : undefined) as never
}

async function two(content: Content): Promise<{ seeder: Node; other: Node }> {
  const [seeder, other] = [await world.node('seeder'), await world.node('other')]
  await seeder.seed('sealed', content)
  return { seeder, other }
}

/** Reads what the share holds to the end. */
async function treeOf(node: Node, content: Content): Promise<unknown> {
  const steps = node.session.readings.tree(parseShareRef(content.cid), new AbortController().signal)
  let result: { value: unknown } | undefined
  void (async () => {
    try {
      for (;;) {
        const { value, done } = await steps.next()
        if (done === true) return value
      }
    } catch (error) {
      return error
    }
  })().then((value) => {
    result = { value }
  })
  await world.until('it is known what it holds', () => result !== undefined)
  return result?.value
}

describe('what a private share holds', () => {
  test('is told after the index and its first block, and nothing stays', async () => {
    const content = privateContent()
    const { other } = await two(content)
    withKey(other)
    expect(await treeOf(other, content)).toMatchObject({
      name: 'diary',
      folders: [{ path: ['may'] }],
      files: [
        { path: ['may', 'a.txt'], size: 5 },
        { path: ['b.bin'], size: 3 * MIB }
      ]
    })
    expect(other.files.stores.map(({ have }) => have.count)).toEqual([1])
    await world.until('it is gone', () => other.session.shares().length === 0)
    expect([...other.catalogue.shares()]).toEqual([])
  })

  test('is told at once of a share that is here', async () => {
    const content = privateContent()
    const { seeder } = await two(content)
    withKey(seeder)
    expect(await treeOf(seeder, content)).toMatchObject({ name: 'diary' })
    expect(seeder.session.share(content.cid).record.complete).toBe(true)
  })

  test('is not told with a key that opens nothing, or none', async () => {
    const content = privateContent()
    const { other } = await two(content)
    withKey(other, false)
    expect(await treeOf(other, content)).toMatchObject({ code: 'content.wrong-key' })
    await world.until('it is gone', () => other.session.shares().length === 0)
    other.files.opener = () => undefined
    expect(await treeOf(other, content)).toMatchObject({ code: 'content.key-missing' })
    await world.until('it is gone', () => other.session.shares().length === 0)
  })
})

test('files of a private share cannot be chosen: nothing begins, and the way out is named', async () => {
  const content = privateContent()
  const other = await world.node('other')
  const ref = {
    ...parseShareRef(content.cid),
    key: { secret: new Uint8Array(32), check: new Uint8Array(8) }
  }
  other.files.takeKey = () => () => {}
  const where = { folder: '/downloads', force: false }
  const choice = { paths: ['may'], globs: [], numbers: [] }
  for (const wish of [{ choice }, { priorities: { high: choice } }])
    await expect(other.session.fetch(ref, { ...where, ...wish })).rejects.toMatchObject({
      code: 'session.private-whole',
      hint: expect.stringContaining('p2pshare cat')
    })
  expect(other.session.shares()).toEqual([])
  await other.session.fetch(ref, where)
  expect(other.session.shares()).toHaveLength(1)
})
