import { existsSync, readdirSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { fetchTo, seedPath, shareWhen } from '../harness/shares.ts'

const SIZE = 3_000_000

describe('every command answers JSON of the fixed shape', () => {
  test('about shares', async ({ bed }) => {
    await writeRandomFile(bed.path('file.bin'), SIZE, 1)
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const answer = async (...args: string[]): Promise<Record<string, unknown>> => {
      const result = await fetcher.run(args)
      expect(result.code, result.stderr).toBe(0)
      return result.json()
    }
    const { cid, ...seeded } = await seedPath(seeder, bed.path('file.bin'))
    expect(seeded).toMatchObject({ name: 'file.bin', size: SIZE, pieces: 3 })
    expect(seeded.link.startsWith(`p2pshare:${cid}?`)).toBe(true)
    // The same path once more is the same share.
    expect(await seedPath(seeder, bed.path('file.bin'))).toMatchObject({ cid })
    expect((await seeder.run(['list'])).json()['shares']).toHaveLength(1)

    const target = bed.path('fetched.bin')
    await fetchTo(fetcher, cid, target)
    const line = { cid, size: SIZE, done: SIZE, state: 'seeding', path: target }
    expect(await answer('list')).toEqual({ shares: [expect.objectContaining(line)] })
    expect(await answer('status', cid)).toMatchObject({
      ...line,
      ...{ uploaded: 0, downloaded: SIZE, rateUp: 0, rateDown: expect.any(Number) },
      ...{ peers: expect.any(Number), availability: expect.any(Number) }
    })
    expect((await seeder.run(['status', cid])).json()).toMatchObject({ uploaded: SIZE, downloaded: 0 })
    expect(await answer('pause', cid)).toEqual({ cid, state: 'paused' })
    expect(await answer('list')).toMatchObject({ shares: [{ state: 'paused' }] })
    expect(await answer('resume', cid)).toEqual({ cid, state: 'seeding' })
    expect(await answer('verify', cid)).toMatchObject({
      cid,
      state: expect.stringMatching(/checking|seeding/)
    })
    await shareWhen(fetcher, cid, ({ state }) => state === 'seeding', 'is checked')
    expect(await answer('remove', cid)).toEqual({ cid, state: 'removed' })
    expect(existsSync(target), 'remove keeps the file').toBe(true)
    await seedPath(fetcher, target)
    expect(await answer('remove', cid, '--delete-files')).toEqual({ cid, state: 'removed' })
    expect(existsSync(target)).toBe(false)
    expect(readdirSync(bed.root).filter((name) => name.includes('part'))).toEqual([])
    const unknown = await fetcher.run(['status', cid])
    expect(unknown, unknown.stderr).toMatchObject({ code: 1, stdout: '' })
  })

  test('about content bytes, also of a file that is one block', async ({ bed }) => {
    await writeRandomFile(bed.path('small.bin'), 1000, 1)
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const { cid } = await seedPath(seeder, bed.path('small.bin'))
    await fetchTo(fetcher, cid, bed.path('fetched.bin'))
    expect((await fetcher.run(['status', cid])).json()).toMatchObject({
      size: 1000,
      uploaded: 0,
      downloaded: 1000
    })
    expect((await seeder.run(['status', cid])).json()).toMatchObject({
      size: 1000,
      uploaded: 1000,
      downloaded: 0
    })
  })

  test('about the daemon and its peers', async ({ bed }) => {
    const one = await bed.daemon('one')
    const two = await bed.daemon('two')
    const { peerId } = one.ready
    expect((await two.run(['id'])).json()).toEqual({
      peerId: two.ready.peerId,
      addresses: two.ready.addresses
    })
    expect((await two.run(['peers'])).json()).toEqual({ peers: [] })
    const [address] = one.multiaddrs
    expect((await two.run(['connect', String(address)])).json()).toEqual({ peerId })
    expect((await two.run(['peers'])).json()).toMatchObject({ peers: [{ peerId, inbound: false }] })
    expect((await one.run(['peers'])).json()).toMatchObject({
      peers: [{ peerId: two.ready.peerId, inbound: true }]
    })
    expect((await two.run(['status'])).json()).toMatchObject({
      ...{ running: true, pid: two.pid, version: expect.any(String), peerId: two.ready.peerId },
      ...{ addresses: two.ready.addresses, peers: 1, shares: 0, warnings: [] }
    })
    expect((await two.run(['limit'])).json()).toMatchObject({ up: null, down: null })
    expect((await two.run(['limit', '--up', 'none', '--down', 'none'])).json()).toMatchObject({
      up: null,
      down: null
    })
    const malformed = await two.run(['connect', 'not an address'])
    expect(malformed, malformed.stderr).toMatchObject({ code: 2, stdout: '' })
    expect((await two.run(['limit', '--up', 'fast'])).code).toBe(2)
    expect((await two.run(['nonsense'])).code).toBe(2)
  })

  test('fetch --progress tells of the way there', async ({ bed }) => {
    await writeRandomFile(bed.path('file.bin'), 32 * 1024 * 1024, 1)
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const { cid, size } = await seedPath(seeder, bed.path('file.bin'))
    const fetched = await fetcher.run(['fetch', cid, '-o', bed.path('x'), '--progress', '--timeout', '30s'])
    expect(fetched.code, fetched.stderr).toBe(0)
    const lines = fetched.lines()
    const steps = lines.slice(0, -1)
    expect(steps.length).toBeGreaterThan(0)
    for (const step of steps) {
      expect(step).toMatchObject({ event: 'progress', done: expect.any(Number), total: expect.any(Number) })
      expect(step).toMatchObject({ rate: expect.any(Number), peers: expect.any(Number) })
    }
    expect(lines.at(-1)).toMatchObject({ cid, path: bed.path('x'), size })
  })
})
