import { expect, test } from 'vitest'
import { tcpAddress, wholePath } from '../src/config/index.ts'

test.each<[string, unknown]>([
  ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
  ['[::1]:9464', { host: '::1', port: 9464 }],
  ['LocalHost:1', { host: '127.0.0.1', port: 1 }],
  ['65535', { host: '127.0.0.1', port: 65_535 }],
  ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
  ['none', undefined]
])('%s is taken', (text, value) => {
  expect(tcpAddress.parse(text)).toEqual(value)
})

test.each([
  '',
  'x',
  '0',
  '65536',
  '127.0.0.1',
  '::1:9464',
  '[::1]',
  '[127.0.0.1]:1',
  'example.org:9464',
  '127.0.0.1:9464/x',
  ':9464',
  '1.2.3:9'
])('%j is refused', (text) => {
  expect(tcpAddress.safeParse(text).error?.issues[0]?.message).toContain('such as 127.0.0.1:9464')
})

test('a file is named by its whole path', () => {
  expect([wholePath.safeParse('/run/token').success, wholePath.safeParse('token').success]).toEqual([
    true,
    false
  ])
})
