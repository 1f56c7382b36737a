import { Bitfield, pieceIndex, ShareError } from '@p2pshare/base'
import { MemoryShareFiles } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { whatLacks } from '../../src/away/what-lacks.ts'

test('what is there, and is not what was shared, is changed, and not missing', async () => {
  const files = new MemoryShareFiles()
  const have = new Bitfield(3)
  const path = '/shared/film'
  const gone = new ShareError({ code: 'storage.missing', fault: 'disk', message: 'gone', detail: { path } })
  const store = { have, read: () => Promise.reject(gone) }
  for (const piece of [0, 2]) have.set(pieceIndex(piece))
  expect(await whatLacks(store, files)).toMatchObject({ code: 'storage.changed', detail: { path } })
  files.absent.add(path)
  expect(await whatLacks(store, files)).toBe(gone)
  have.set(pieceIndex(1))
  expect(await whatLacks(store, files)).toBeUndefined()
})
