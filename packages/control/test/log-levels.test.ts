import { expect, test } from 'vitest'
import { isLogged, type LogLevel, type LogLevels, logLevels } from '../src/config/index.ts'

test.each<[string, LogLevels]>([
  ['warn', { usual: 'warn', areas: {} }],
  ['', { usual: 'info', areas: {} }],
  ['network=debug', { usual: 'info', areas: { network: 'debug' } }],
  ['WARN, dht=off network=debug,dht=error', { usual: 'warn', areas: { network: 'debug', dht: 'error' } }]
])('%j is read', (text, levels) => {
  expect(logLevels.parse(text)).toEqual(levels)
})

test.each([
  ['trace', 'there is no level "trace"'],
  ['wran', 'there is no level "wran"; did you mean warn?'],
  ['info,netwrok=debug', 'there is no area "netwrok"; did you mean network?'],
  ['network=', 'there is no level ""'],
  ['=debug', 'there is no area ""'],
  ['constructor=debug', 'there is no area "constructor"'],
  ['\u001b[2J=debug', '"\\u{1B}[2J"'],
  [7, 'write info']
])('%j is refused', (text, said) => {
  expect(logLevels.safeParse(text).error?.issues[0]?.message).toContain(said)
})

test('a text without end is refused', () => {
  expect(logLevels.safeParse('info,'.repeat(1000)).success).toBe(false)
})

test('the nearest area with a level of its own counts', () => {
  const levels = logLevels.parse('warn,network=error,dht=debug,amino-dht=off')
  const least = (...path: string[]): LogLevel | undefined =>
    (['debug', 'info', 'warn', 'error'] as const).find((level) => isLogged(levels, path, level))
  expect(least()).toBe('warn')
  expect(least('storage')).toBe('warn')
  expect(least('network', 'reach')).toBe('error')
  expect(least('network', 'lan-dht')).toBe('debug')
  expect(least('network', 'amino-dht')).toBeUndefined()
})
