import { appendFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { MemoryShareFiles, volumeSuite } from '@p2pshare/testkit'
import { describe, expect, it } from 'vitest'
import { reserveOf } from '../src/index.ts'
import { smallDisk } from './harness/small-disk.ts'
import { storeBench } from './harness/store-bench.ts'

volumeSuite('in memory', () => {
  const files = new MemoryShareFiles()
  const mount = '/media/usb'
  const setMounted = (mounted: boolean): void => {
    if (mounted) files.disks.set(mount, { free: 1e9 })
    else files.disks.delete(mount)
  }
  setMounted(true)
  return {
    ...{ files, mount, setMounted, folder: '/media' },
    write: (path) => {
      files.absent.delete(path)
      files.touched.set(path, (files.touched.get(path) ?? 0) + 1)
    },
    remove: (path) => void files.absent.add(path),
    dispose: () => undefined
  }
})

volumeSuite('of this machine', () => {
  const disk = smallDisk('size=8m')
  if (typeof disk === 'string') return disk
  const bench = storeBench()
  return {
    files: bench.files,
    mount: disk.path,
    folder: dirname(disk.path),
    write: (path) => appendFileSync(path, 'x'),
    remove: (path) => rmSync(path, { force: true }),
    setMounted: (mounted) => (mounted ? disk.mount() : disk.unmount()),
    dispose: () => {
      void bench.dispose()
      disk.dispose()
    }
  }
})

describe('what is left free', () => {
  const TIB = 1024 ** 4
  it('is 1 % or 256 MiB, whichever is less, or what was chosen', () => {
    const of = (...totals: number[]) => totals.map(reserveOf('auto'))
    expect(of(0, 1000, 25 * 1024 ** 3, TIB)).toEqual([0, 10, 256 * 1024 ** 2, 256 * 1024 ** 2])
    expect([reserveOf({ bytes: 7 })(TIB), reserveOf({ part: 0.05 })(1001)]).toEqual([7, 51])
  })

  it('is no room: of a disk that has less than that, nothing is free', async ({ skip }) => {
    const disk = smallDisk('size=8m')
    if (typeof disk === 'string') return skip(disk)
    const bench = storeBench({ reserve: reserveOf({ bytes: 3 * 1024 ** 2 }) })
    try {
      expect((await bench.files.volume(disk.path)).free).toBe(5 * 1024 ** 2)
      appendFileSync(`${disk.path}/ballast`, new Uint8Array(6 * 1024 ** 2))
      expect((await bench.files.volume(disk.path)).free).toBe(0)
    } finally {
      await bench.dispose()
      disk.dispose()
    }
  })
})
