import { ShareError } from '@p2pshare/base'
import { parseShareRef } from '@p2pshare/content'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { planFetch } from '../src/fetching/fetch-plan.ts'
import type { ShareDriver } from '../src/share/share-driver.ts'
import { type Content, makeContent, type Node, World } from './node.ts'

const MIB = 1024 * 1024
const OUTPUT = '/downloads/album'
let world: World
let content: Content
let fetcher: Node
beforeEach(async () => {
  world = new World()
  content = makeContent(51, { 'a.bin': 2 * MIB, 'b.bin': MIB })
  await (await world.node('seeder')).seed('album', content)
  fetcher = await world.node('fetcher')
  fetcher.files.occupy(OUTPUT)
})
afterEach(async () => {
  // Whatever the test did not end would keep its node from stopping.
  for (const end of unended.splice(0)) end(new Error('the test is over'))
  await world.stop()
})

const unended: ((reason: Error) => void)[] = []

/** Lets comparing take for ever, until it is told to end. */
function compareForEver(): { signal: AbortSignal | undefined } {
  const seen: { signal: AbortSignal | undefined } = { signal: undefined }
  fetcher.files.opening = (signal) => {
    seen.signal = signal
    return new Promise((_, reject) => {
      unended.push(reject)
      signal?.addEventListener('abort', () => reject(signal.reason as Error))
    })
  }
  return seen
}

const fetch = (wish: { adopt?: boolean; force?: boolean }): Promise<ShareDriver> =>
  fetcher.session.fetch(parseShareRef(content.cid), { output: OUTPUT, folder: '/', force: false, ...wish })

test('a target that exists is taken over only when that is said; the index comes first', async () => {
  await expect(fetch({})).rejects.toMatchObject({ code: 'storage.target-exists' })
  const share = await fetch({ adopt: true })
  await world.until('it is complete', () => share.record.complete)
  expect(fetcher.files.wishes.at(-1)).toEqual({ path: OUTPUT, force: false, adopt: true })
})

test('whether a fetch could begin is told without a trace, and nobody is asked', async () => {
  const ref = parseShareRef(content.cid)
  const wish = { folder: '/', force: false }
  const before = fetcher.files.wishes.length
  await expect(fetcher.session.checkFetch(ref, { ...wish, output: OUTPUT })).rejects.toMatchObject({
    code: 'storage.target-exists'
  })
  for (const more of [{ output: '/free' }, { output: OUTPUT, force: true }, { output: OUTPUT, adopt: true }])
    await fetcher.session.checkFetch(ref, { ...wish, ...more })
  expect([fetcher.files.wishes.length, fetcher.session.shares()]).toEqual([before, []])
  const share = await fetch({ force: true })
  await expect(fetcher.session.checkFetch(ref, { ...wish, output: '/free' })).rejects.toMatchObject({
    code: 'session.already-here'
  })
  expect(fetcher.session.shares()).toEqual([share])
})

test('files of a private share are not compared with it', async () => {
  const ref = { ...parseShareRef(content.cid), key: { secret: new Uint8Array(32), check: new Uint8Array(8) } }
  const wish = { output: OUTPUT, folder: '/', force: false, adopt: true }
  const parts = fetcher as unknown as Parameters<typeof planFetch>[0]
  await expect(planFetch(parts, content.cid, ref, wish, undefined)).rejects.toMatchObject({
    code: 'session.adopt-private'
  })
})

test('refused, it is an error; the same with force is another try', async () => {
  const refusal = new ShareError({ code: 'storage.adopt-differs', fault: 'user', message: 'a.bin differs' })
  fetcher.files.opening = () => Promise.reject(refusal)
  const share = await fetch({ adopt: true })
  await world.until('it is refused', () => share.failure === refusal)
  fetcher.files.opening = undefined
  expect(await fetch({ adopt: true, force: true })).toBe(share)
  expect(fetcher.files.wishes.at(-1)).toEqual({ path: OUTPUT, force: true, adopt: true })
  await world.until('it is complete', () => share.record.complete)
  // What is complete is not begun again.
  const asked = fetcher.files.wishes.length
  await fetch({ adopt: true, force: true })
  expect(fetcher.files.wishes.length).toBe(asked)
})

test('comparing is shown, ends with a pause, and begins anew', async () => {
  const seen = compareForEver()
  const share = await fetch({ adopt: true })
  await world.until('it compares', () => share.bytes.looked === 1)
  expect(fetcher.session.status(share)).toMatchObject({ phase: 'verifying', done: 1, total: 3 * MIB })
  fetcher.session.pause(share)
  expect(seen.signal?.aborted).toBe(true)
  fetcher.files.opening = undefined
  share.resume()
  await world.until('it is complete', () => share.record.complete)
  expect(share.failure).toBeUndefined()
})

test('a share that is removed while it is compared is gone at once', async () => {
  const seen = compareForEver()
  const share = await fetch({ adopt: true })
  await world.until('it compares', () => share.bytes.looked === 1)
  const removing = fetcher.session.remove(share, false)
  expect(seen.signal?.aborted).toBe(true)
  await removing
  expect(fetcher.session.shares()).toEqual([])
})
