import { describe, expect, test } from 'vitest'
import {
  CONFIG_KEYS,
  DAEMON_KEYS,
  daemonConfig,
  problemOf,
  textOfValue,
  unknownKeySentence,
  unknownKeyWarnings,
  valueFromText,
  variableOf
} from '../src/config/index.ts'

describe('the table of keys', () => {
  test('documents the defaults that the schema has', () => {
    const defaults = daemonConfig.parse({})
    for (const [name, key] of Object.entries(DAEMON_KEYS)) {
      const value = defaults[name as keyof typeof defaults]
      // The user's own folder is written with ~; an empty list is "none"; what has no default is said in words.
      if (value === undefined || name === 'downloads' || name === 'remoteFolders' || name === 'bootstrap')
        continue
      expect(textOfValue(value), name).toBe(key.usual)
    }
  })

  test.each(Object.entries(CONFIG_KEYS))(
    '%s: what it can be is said, and false values are refused',
    (name, key) => {
      expect(key.about).toMatch(/^[A-Z].*[^.]$/)
      expect(key.unit.length).toBeGreaterThan(0)
      expect(problemOf(key, {}), name).toBeTypeOf('string')
      expect(problemOf(key, null), name).toBeTypeOf('string')
    }
  )
})

test.each<[string, string, unknown]>([
  ['mdns', 'off', false],
  ['portMapping', 'YES', true],
  ['up', '5MB/s', '5MB/s'],
  ['up', 'none', 'none'],
  ['uploadSlots', '8', 8],
  ['activeFetches', '3', 3],
  ['activeFetches', 'none', 'none'],
  ['stopRatio', '1.5', 1.5],
  ['stopTime', '7d', '7d'],
  ['stopTime', 'none', 'none'],
  ['stopReplicas', '3', 3],
  ['uploadSlots', 'auto', 'auto'],
  ['relayPlaces', '1000', 1000],
  ['relayBudget', '300GB/month', '300GB/month'],
  ['listen', '/a, /b  /c', ['/a', '/b', '/c']],
  ['timeout', '5m', '5m']
])('%s %s is taken', (name, text, value) => {
  const key = CONFIG_KEYS[name]
  if (key === undefined) throw new Error(name)
  expect(valueFromText(key, text)).toEqual(value)
  expect(problemOf(key, value)).toBeUndefined()
})

test.each([
  ['mdns', 'maybe'],
  ['up', 'fast'],
  ['up', '0'],
  ['uploadSlots', '0'],
  ['activeFetches', '0'],
  ['activeFetches', '1.5'],
  ['activeVerifies', 'all'],
  ['stopRatio', '0'],
  ['stopRatio', '1001'],
  ['stopRatio', '1e2'],
  ['stopTime', '5 apples'],
  ['stopTime', '500ms'],
  ['stopReplicas', '0'],
  ['stopReplicas', '1.5'],
  ['stopReplicas', '101'],
  ['uploadSlots', '1001'],
  ['uploadSlots', '-1'],
  ['relayPlaces', '1e3'],
  ['relayBudget', '1GB/week'],
  ['relay', 'on'],
  ['encryption', ''],
  ['timeout', 'soon'],
  ['listen', Array.from({ length: 101 }, () => '/a').join(' ')]
])('%s %s is refused', (name, text) => {
  const key = CONFIG_KEYS[name]
  if (key === undefined) throw new Error(name)
  expect(problemOf(key, valueFromText(key, text))).toBeTypeOf('string')
})

test('each key has the variable that it always had', () => {
  expect([variableOf('up'), variableOf('includeLan')]).toEqual(['P2PSHARE_UP', 'P2PSHARE_INCLUDE_LAN'])
})

test.each([
  ['portMaping', 'portMapping'],
  ['port-mapping', 'portMapping'],
  ['PORTMAPPING', 'portMapping'],
  ['download', 'downloads'],
  ['dwon', 'down'],
  ['upload_slots', 'uploadSlots'],
  ['anounce', 'announce']
])('%s was meant to be %s', (word, meant) => {
  expect(unknownKeySentence(word)).toBe(`there is no key "${word}"; did you mean ${meant}?`)
})

test('what is near nothing is only named, escaped and cut', () => {
  expect(unknownKeySentence('blockchainAddress')).toBe('there is no key "blockchainAddress"')
  expect(unknownKeySentence('\u001b[31m')).toBe('there is no key "\\u{1B}[31m"')
  expect(unknownKeySentence('x'.repeat(1e6)).length).toBeLessThan(100)
  expect(unknownKeySentence('constructor')).toContain('there is no key')
})

test('warnings on a file have a bound', () => {
  const file = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`unknown-thing-${i}`, 1]))
  expect(unknownKeyWarnings({ ...file, up: '1MB/s', json: true })).toHaveLength(11)
  expect(unknownKeyWarnings({ up: '1MB/s', json: true })).toEqual([])
})
