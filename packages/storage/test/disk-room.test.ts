import { setImmediate } from 'node:timers/promises'
import { MiB } from '@p2pshare/base'
import { beforeEach, expect, test } from 'vitest'
import { DiskRoom } from '../src/disk/disk-room.ts'

let free: number
let looks: number
let room: DiskRoom
beforeEach(() => {
  free = 100 * MiB
  looks = 0
  room = new DiskRoom(async (path) => {
    looks++
    await setImmediate() // writes that were let through are done by then
    return { id: path.slice(0, 2), free }
  })
})

test('many who write to one disk at once do not take more than is free', async () => {
  free = 10 * MiB
  const takes = Array.from({ length: 30 }, async (_, i) => {
    await room.take(`/a/${i % 3}`, MiB)
    free -= MiB
  })
  const settled = await Promise.allSettled(takes)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  expect(free).toBe(0)
})

test('a disk is looked at once for each 64 MiB, whoever writes', async () => {
  for (let i = 0; i < 64; i++) await room.take(`/a/${i % 2}`, MiB)
  expect(looks).toBe(2)
  await room.take('/a/0', MiB)
  expect(looks).toBe(3)
})

test('each disk has room of its own; after a failed write it is looked at anew', async () => {
  await room.take('/a/1', MiB)
  free = 0
  await expect(room.take('/b/1', MiB)).rejects.toMatchObject({ code: 'storage.disk-full' })
  await room.take('/a/1', MiB)
  room.distrust('/a/1')
  await expect(room.take('/a/1', MiB)).rejects.toMatchObject({ code: 'storage.disk-full' })
  free = MiB
  await room.take('/a/1', MiB)
})
