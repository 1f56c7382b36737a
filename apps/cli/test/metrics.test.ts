import { expect, test } from 'vitest'
import { testHome } from './run-cli.ts'

const text = '# HELP p2pshare_warnings Warnings.\n# TYPE p2pshare_warnings gauge\np2pshare_warnings 0\n'

test('prints what the daemon says, as it is', async () => {
  const { run } = await testHome({ metrics: async () => ({ text }) })
  expect((await run(['metrics'])).stdout).toBe(text)
  expect((await run(['metrics', '--json'])).json).toEqual({ text })
})

test('to look starts no daemon', async () => {
  const { run } = await testHome()
  expect((await run(['metrics'])).code).toBe(3)
})
