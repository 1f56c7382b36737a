import { ShareError } from '@p2pshare/base'
import { parseShareRef } from '@p2pshare/content'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ShareDriver } from '../../src/index.ts'
import { makeContent, type Node, World } from '../node.ts'

const MIB = 1024 * 1024
const CONTENT = makeContent(1, { '': 3 * MIB })
const FOLDER = makeContent(2, { 'a.bin': MIB, 'b.bin': MIB })
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

const seconds = async (count: number): Promise<void> => {
  for (let i = 0; i < count * 10; i++) await world.clock.advanceAsync(100)
}

const isAnnounced = ({ session }: Node, { cid }: ShareDriver): boolean =>
  session.status(session.share(cid)).announced !== undefined

/** The bytes of a share at /shared/film are what they were, or only some of them are. */
function putBack(node: Node, content: typeof CONTENT, pieces?: readonly number[]): void {
  node.files.place('/shared/film', content.cid, content.layout, content.block, pieces)
}

describe('a seed that vanishes', () => {
  test('is in error before a peer asks, is announced no more, and goes on by itself when it is back', async () => {
    const node = await world.node('seeder')
    const share = await node.seed('film', CONTENT)
    expect(isAnnounced(node, share)).toBe(true)
    node.files.absent.add('/shared/film')
    await world.until('it is missed', () => share.state.state === 'error')
    expect(share.state.reason).toBe('file missing: /shared/film; goes on by itself when it is back')
    expect([share.refusal(), isAnnounced(node, share), share.record.state]).toEqual([
      'unavailable',
      false,
      'seeding'
    ])
    const [why] = node.session.why(share).findings
    expect(why).toMatchObject({ code: 'missing', action: expect.stringContaining('relocate') })
    expect(node.session.status(share)).toMatchObject({ phase: 'waiting', waitingFor: share.state.reason })

    await seconds(60)
    expect(share.state.state).toBe('error')
    node.files.absent.clear()
    await world.until('it is back', () => share.state.state === 'seeding')
    expect([share.refusal(), isAnnounced(node, share)]).toEqual([undefined, true])
  })

  test('is missed again after a restart, without having been offered', async () => {
    const node = await world.node('seeder')
    await node.seed('film', CONTENT)
    node.files.absent.add('/shared')
    await node.stop()
    const again = await world.node('seeder', { disk: node })
    const share = again.session.share(CONTENT.cid)
    await world.until('it is missed', () => share.state.state === 'error')
    again.files.absent.clear()
    await world.until('it is back', () => share.state.state === 'seeding')
  })

  test('is not opened while it is still being copied back, nor twice in vain', async () => {
    const node = await world.node('seeder')
    const share = await node.seed('film', CONTENT)
    node.files.absent.add('/shared/film')
    await world.until('it is missed', () => share.state.state === 'error')
    const opened = node.files.stores.length
    putBack(node, CONTENT, [0, 2])
    node.files.absent.clear()
    for (let i = 0; i < 20; i++) {
      node.files.touched.set('/shared/film', i)
      await seconds(5)
    }
    expect(node.files.stores).toHaveLength(opened)
    await seconds(120)
    expect(node.files.stores).toHaveLength(opened + 1)
    expect(share.state.state).toBe('error')
    putBack(node, CONTENT)
    await seconds(60)
    expect(share.state.state).toBe('error')
    node.files.touched.set('/shared/film', 99)
    await world.until('all of it is back', () => share.state.state === 'seeding')
  })

  test('names the file of a folder that a peer missed, and waits for that one', async () => {
    const node = await world.node('seeder')
    const share = await node.seed('film', FOLDER)
    const fetcher = await world.node('fetcher')
    share.bytes.prepare()
    await world.until('its store is open', () => node.files.stores.length > 0)
    const path = '/shared/film/b.bin'
    const gone = new ShareError({ code: 'storage.missing', fault: 'disk', message: 'gone', detail: { path } })
    for (const store of node.files.stores) store.readFailure = gone
    node.files.absent.add(path)
    const fetched = await fetcher.fetch(FOLDER.cid)
    await world.until('it is missed', () => share.state.state === 'error')
    expect(share.state.reason).toContain(path)
    await seconds(60)
    expect(share.state.state).toBe('error')
    node.files.absent.clear()
    await world.until('the fetch gets it after all', () => fetched.record.complete)
  })

  test('a pause outlasts it; resume looks at once', async () => {
    const node = await world.node('seeder')
    const share = await node.seed('film', CONTENT)
    node.files.absent.add('/shared/film')
    await world.until('it is missed', () => share.state.state === 'error')
    node.session.pause(share)
    node.files.absent.clear()
    await seconds(60)
    expect(share.state).toEqual({ state: 'paused', reason: undefined })
    share.resume()
    expect(share.state.state).toBe('seeding')
  })
})

describe('a disk that is away', () => {
  test('puts what lies on it offline, until it is mounted again', async () => {
    const node = await world.node('seeder')
    node.files.disks.set('/shared', { free: 1e12 })
    const share = await node.seed('film', CONTENT)
    node.files.disks.delete('/shared')
    node.files.absent.add('/shared/film')
    await world.until('it is offline', () => share.state.state === 'offline')
    expect(share.state.reason).toBe(
      '/shared/film is away (no disk is mounted at /shared); goes on by itself when it is back'
    )
    expect([share.refusal(), isAnnounced(node, share)]).toEqual(['unavailable', false])
    expect(node.session.why(share).findings[0]).toMatchObject({
      code: 'offline',
      action: expect.stringContaining('Mount the disk')
    })
    node.files.disks.set('/shared', { free: 1e12 })
    node.files.absent.clear()
    await world.until('it is back', () => share.state.state === 'seeding')
    expect(isAnnounced(node, share)).toBe(true)
  })

  test('a fetch to it waits, also after a restart, and opens nothing where the disk should be', async () => {
    const [seeder, node] = [await world.node('seeder'), await world.node('fetcher')]
    node.files.disks.set('/usb', { free: 1e12 })
    const share = await node.session.fetch(parseShareRef(CONTENT.cid), { folder: '/usb', force: false })
    await node.stop()
    node.files.disks.delete('/usb')
    await seeder.seed('film', CONTENT)
    const again = await world.node('fetcher', { disk: node })
    const taken = again.session.share(share.cid)
    await world.until('it is offline', () => taken.state.state === 'offline')
    await seconds(60)
    expect(again.files.stores).toHaveLength(0)
    again.files.disks.set('/usb', { free: 1e12 })
    await world.until('it is fetched', () => taken.record.complete)
  })

  test('in the middle of a fetch holds it, and it goes on where it was', async () => {
    const seeder = await world.node('seeder')
    await seeder.seed('film', CONTENT, [1])
    const node = await world.node('fetcher')
    node.files.disks.set('/usb', { free: 1e12 })
    const share = await node.session.fetch(parseShareRef(CONTENT.cid), { folder: '/usb', force: false })
    await world.until('a piece is here', () => share.bytes.have?.count === 1)
    node.files.disks.delete('/usb')
    await world.until('it is offline', () => share.state.state === 'offline')
    node.files.disks.set('/usb', { free: 1e12 })
    await world.until('it goes on', () => share.stage === 'pieces')
    expect(share.bytes.have?.count).toBe(1)
  })
})

describe('a share of several paths', () => {
  async function several(): Promise<{ node: Node; share: ShareDriver }> {
    const node = await world.node('seeder')
    node.files.disks.set('/usb', { free: 1e12 })
    node.files.roots.set(FOLDER.cid, [
      { name: 'a.bin', path: '/home/a.bin' },
      { name: 'b.bin', path: '/usb/b.bin' }
    ])
    return { node, share: await node.seed('both', FOLDER) }
  }

  test('is missed when one of them is gone, which it names, and is back with it', async () => {
    const { node, share } = await several()
    // The folder that holds them all is no part of the share.
    node.files.absent.add('/shared/both')
    await seconds(30)
    expect(share.state.state).toBe('seeding')
    node.files.absent.add('/home/a.bin')
    await world.until('it is missed', () => share.state.state === 'error')
    expect(share.state.reason).toContain('file missing: /home/a.bin;')
    node.files.absent.delete('/home/a.bin')
    await world.until('it is back', () => share.state.state === 'seeding')
  })

  test('is offline when the disk of one of them is away, also after a restart', async () => {
    const { node, share } = await several()
    node.files.disks.delete('/usb')
    node.files.absent.add('/usb/b.bin')
    await world.until('it is offline', () => share.state.state === 'offline')
    expect(share.state.reason).toContain('/usb/b.bin is away (no disk is mounted at /usb)')
    await node.stop()
    const again = await world.node('seeder', { disk: node })
    const taken = again.session.share(share.cid)
    await world.until('it is offline again', () => taken.state.state === 'offline')
    node.files.disks.set('/usb', { free: 1e12 })
    node.files.absent.clear()
    await world.until('it is back', () => taken.state.state === 'seeding')
  })
})

describe('a target that cannot be written', () => {
  async function fetchThatFails(errno: string): Promise<{ node: Node; share: ShareDriver; heal(): void }> {
    const [empty, node] = [await world.node('index only'), await world.node('fetcher')]
    await empty.seed('film', CONTENT, [])
    const share = await node.fetch(CONTENT.cid)
    await world.until('it looks for pieces', () => share.stage === 'pieces')
    const message = `cannot write /downloads/x (${errno})`
    const failure = { code: 'storage.write-failed', fault: 'disk', message, detail: { errno } } as const
    for (const store of node.files.stores) store.writeFailure = new ShareError(failure)
    await (await world.node('seeder')).seed('film', CONTENT)
    const heal = (): void => {
      for (const store of node.files.stores) store.writeFailure = undefined
    }
    return { node, share, heal }
  }

  test('by how it is mounted: paused with a reason, until it can', async () => {
    const { node, share, heal } = await fetchThatFails('EROFS')
    node.files.writable = false
    await world.until('it is held', () => share.state.state === 'paused')
    expect(share.state.reason).toBe(
      'read-only: cannot write /downloads/x (EROFS); goes on by itself when it can be written again'
    )
    await seconds(60)
    expect(share.state.state).toBe('paused')
    heal()
    node.files.writable = true
    await world.until('all is here', () => share.record.complete)
  })

  test('by an error of the device: tried again after 30 s', async () => {
    const { share, heal } = await fetchThatFails('EIO')
    await world.until('it is held', () => share.state.state === 'error')
    heal()
    await seconds(25)
    expect(share.state.state).toBe('error')
    await world.until('all is here', () => share.record.complete)
  })
})
