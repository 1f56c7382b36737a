import { ShareError } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { fromErrorBody, toErrorBody } from '../src/index.ts'

test('an error comes over as it was', () => {
  const detail = { path: '/x', size: 1 }
  const error = new ShareError({ code: 'storage.disk-full', fault: 'disk', message: 'm', hint: 'h', detail })
  expect(fromErrorBody(toErrorBody(error))).toMatchObject({ ...toErrorBody(error) })
})

test.each([
  null,
  undefined,
  7,
  'x',
  {},
  { code: 'constructor', fault: 'user', message: 'm' },
  { code: 'a.b', fault: '__proto__', message: 'm' },
  { code: 'a.b', fault: 'user', message: { length: 1 } },
  { code: ['a.b'], fault: 'user', message: 'm' }
])('%j of a daemon that is not ours is no error of ours', (body) => {
  expect(fromErrorBody(body as never)).toMatchObject({ code: 'control.connection-lost', fault: 'daemon' })
})
