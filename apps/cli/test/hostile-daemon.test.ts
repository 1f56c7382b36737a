import type { ControlService } from '@p2pshare/control'
import { expect, test } from 'vitest'
import { fakeService } from '../../../packages/control/test/fake-service.ts'
import { testHome } from './run-cli.ts'

/** Sets the title, turns the order of letters, and is invisible. */
const TRICKS = 'x\u001b]0;y\u0007\u202e\u200b\r\u009b2J'
/** Words that decide what is printed, and so are one of a few. */
const CHOICES = /^(?:state|phase|fault|weight|code|level|outcome|source|reach|mode|kind)$/

/** The same answer, but that each text in it plays tricks. */
function poisoned(value: unknown): unknown {
  if (typeof value === 'string') return value + TRICKS
  if (Array.isArray(value)) return value.map(poisoned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, CHOICES.test(name) ? each : poisoned(each)])
  )
}

const HASH = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'

test.each([
  ['status'],
  ['id'],
  ['peers'],
  ['list'],
  ['doctor'],
  ['watch'],
  ['queue'],
  ['relay'],
  ['limit'],
  ['daemon', 'status'],
  ['why', HASH]
])('%s %s shows what a daemon says, and plays none of its tricks', async (...words) => {
  const real = fakeService() as unknown as Record<string, (...args: unknown[]) => unknown>
  const parts = ['status', 'id', 'peers', 'list', 'doctor', 'watch', 'queue', 'relay', 'limit', 'why'].map(
    (name) => [name, async (...args: unknown[]) => poisoned(await real[name]?.(...args))]
  )
  const { run } = await testHome(Object.fromEntries(parts) as Partial<ControlService>)
  const { stdout, stderr } = await run(words)
  expect(stdout).not.toBe('')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202e]/)
})
