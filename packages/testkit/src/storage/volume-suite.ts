import type { ShareFiles } from '@p2pshare/ports'
import { describe, expect, it } from 'vitest'

/** A machine with a disk that comes and goes. */
export interface VolumeFixture {
  files: Pick<ShareFiles, 'volume' | 'isMounted' | 'look'>
  /** A folder, on the disk that `/` is on or another one. */
  folder: string
  /** An empty folder in `folder`, in which a disk of its own is mounted. */
  mount: string
  /** Makes a file, or changes it. */
  write(path: string): void
  remove(path: string): void
  setMounted(mounted: boolean): void
  dispose(): void
}

/** What the disk side of every `ShareFiles` must do. */
export function volumeSuite(name: string, make: () => VolumeFixture | string): void {
  describe(`disks: ${name}`, () => {
    const run =
      (test: (fixture: VolumeFixture) => Promise<void>) =>
      async ({ skip }: { skip: (why: string) => void }): Promise<void> => {
        const fixture = make()
        if (typeof fixture === 'string') return skip(fixture)
        try {
          await test(fixture)
        } finally {
          fixture.dispose()
        }
      }

    it(
      'tells disks apart, and where each is mounted; of a path to come, by the folder that is there',
      run(async ({ files, folder, mount }) => {
        const [outer, inner] = [await files.volume(folder), await files.volume(mount)]
        expect(inner).toMatchObject({ mount, writable: true })
        expect(inner.id).not.toBe(outer.id)
        expect(folder.startsWith(outer.mount)).toBe(true)
        expect(await files.volume(`${mount}/not/there/yet`)).toMatchObject({ id: inner.id, mount })
        expect(inner.free).toBeGreaterThan(0)
      })
    )

    it(
      'knows whether a disk is mounted, and makes nothing where it was',
      run(async ({ files, mount, folder, setMounted }) => {
        expect(await files.isMounted((await files.volume(folder)).mount)).toBe(true)
        expect(await files.isMounted(mount)).toBe(true)
        setMounted(false)
        expect(await files.isMounted(mount)).toBe(false)
        expect((await files.volume(mount)).mount).not.toBe(mount)
        setMounted(true)
        expect(await files.isMounted(mount)).toBe(true)
      })
    )

    it(
      'a look tells one state of a file from another, and that there is none',
      run(async ({ files, folder, write, remove }) => {
        const path = `${folder}/file`
        remove(path)
        expect(await files.look(path)).toBeUndefined()
        write(path)
        const first = await files.look(path)
        expect(first).toBeTypeOf('string')
        expect(await files.look(path)).toBe(first)
        write(path)
        expect(await files.look(path)).not.toBe(first)
        remove(path)
        expect(await files.look(path)).toBeUndefined()
        expect(await files.look(`${path}/below`)).toBeUndefined()
      })
    )
  })
}
