import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatNetworkKey, isNetworkName, NETWORK_KEY_LENGTH, parseNetworkKey } from '../src/index.ts'

test('what is written is read again, with and without the lines of a swarm key', () => {
  const keys = fc.uint8Array({ minLength: NETWORK_KEY_LENGTH, maxLength: NETWORK_KEY_LENGTH })
  fc.assert(
    fc.property(keys, (key) => {
      const text = formatNetworkKey(key)
      expect(parseNetworkKey(text)).toEqual(key)
      expect(parseNetworkKey(text.replaceAll('\n', '\r\n'))).toEqual(key)
      expect(parseNetworkKey(text.split('\n')[2] ?? '')).toEqual(key)
    })
  )
})

test.each([
  '',
  'ab',
  'g'.repeat(64),
  'a'.repeat(63),
  'a'.repeat(65),
  `${'a'.repeat(64)}\n${'b'.repeat(64)}`,
  `/key/swarm/psk/1.0.0/\n/base64/\n${'a'.repeat(64)}`,
  `${' '.repeat(5000)}${'a'.repeat(64)}`
])('no key: %j', (text) => {
  expect(parseNetworkKey(text)).toBeUndefined()
})

test('a name is one word that is no other network and no path', () => {
  for (const name of ['family', 'a', 'Work-2', 'x_y']) expect(isNetworkName(name)).toBe(true)
  for (const name of [
    '',
    'public',
    'LOCAL',
    './family',
    'family.key',
    '/k',
    '..',
    '-x',
    'a b',
    'ä',
    'x'.repeat(65)
  ])
    expect(isNetworkName(name)).toBe(false)
})
