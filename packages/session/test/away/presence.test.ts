import { MemoryShareFiles } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { lookForShare } from '../../src/away/presence.ts'

const mounts = { away: async () => undefined }
const FETCH = { cid: 'x', complete: false, path: '/d/album', partPath: '/d/.album.p2pshare-part' }

test('of a fetch, a file that had its name is looked for, and a part file is not: that is fetched anew', async () => {
  const files = new MemoryShareFiles()
  const look = (missed: string | undefined) =>
    lookForShare({ files, mounts }, FETCH, missed, async () => true)
  const [song, part] = ['/d/album/song', '/d/.album.p2pshare-part/song']
  for (const path of [song, part]) files.absent.add(path)
  expect(await look(song)).toEqual({ kind: 'missing', path: song })
  expect([await look(part), await look(undefined)]).toEqual([
    { kind: 'here', mark: 'there' },
    { kind: 'here', mark: 'there' }
  ])
  files.absent.clear()
  files.touched.set(song, 3)
  expect(await look(song)).toEqual({ kind: 'here', mark: 'there 3' })
  files.absent.add('/d')
  expect(await look(song)).toEqual({ kind: 'missing', path: '/d' })
})
