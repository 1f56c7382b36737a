import { closeSync, constants, openSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRng } from '@p2pshare/base'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FilePool } from '../src/disk/file-pool.ts'
import { tempFolder } from './harness/temp-folder.ts'

describe('FilePool', () => {
  let folder: ReturnType<typeof tempFolder>
  beforeEach(() => {
    folder = tempFolder()
  })
  afterEach(() => folder.remove())

  it('never has more files open than its limit, and serves everybody', async () => {
    const use = fc.record({ file: fc.nat({ max: 9 }), drop: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(
        fc.array(use, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (uses, limit) => {
          const pool = new FilePool(limit)
          let open = 0
          let served = 0
          const opener = {
            open: async (): Promise<FileHandle> => {
              expect(++open).toBeLessThanOrEqual(limit)
              return fakeHandle(() => open--)
            }
          }
          await Promise.all(
            uses.map(async ({ file, drop }) => {
              await pool.use(String(file), opener, async () => {
                served++
                await Promise.resolve()
              })
              if (drop) await pool.drop(String(file))
            })
          )
          expect(served).toBe(uses.length)
          expect(pool.openCount).toBe(open)
          await pool.dropAll('')
          expect(open).toBe(0)
          expect(pool.openCount).toBe(0)
        }
      ),
      { numRuns: 50 }
    )
  })

  it('recovers from files that do not open', async () => {
    const pool = new FilePool(1)
    const failing = { open: () => open(join(folder.path, 'nothing'), 'r') }
    for (let i = 0; i < 3; i++) await expect(pool.use('x', failing, async () => 1)).rejects.toThrow('ENOENT')
    const path = join(folder.path, 'x')
    closeSync(openSync(path, 'w'))
    const working = { open: () => open(path, constants.O_RDONLY) }
    expect(await pool.use('x', working, async (handle) => (await handle.stat()).size)).toBe(0)
    await pool.dropAll('')
  })

  it('closes the file that was not used for the longest time', async () => {
    const pool = new FilePool(2)
    const rng = seededRng(1)
    const opened: string[] = []
    const opener = (key: string): { open(): Promise<FileHandle> } => ({
      open: async () => {
        opened.push(key)
        return fakeHandle(() => rng.uint32())
      }
    })
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await pool.use(key, opener(key), async () => undefined)
    expect(opened).toEqual(['a', 'b', 'c', 'b'])
  })
})

function fakeHandle(onClose: () => void): FileHandle {
  const close = async (): Promise<void> => {
    await Promise.resolve()
    onClose()
  }
  return { close } as FileHandle
}
