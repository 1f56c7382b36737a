import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { reference, writtenReference } from '../../scripts/tool/reference.ts'

test('what is written of commands and configuration is what they are (else: npm run document)', async () => {
  for (const [path, text] of Object.entries(await reference()))
    expect(writtenReference(path), path).toBe(text)
})

const hasMandoc = spawnSync('man', ['--version'], { stdio: 'ignore' }).status === 0

test.runIf(hasMandoc)('the man page can be read', () => {
  const shown = spawnSync('man', ['--warnings', '-l', 'apps/cli/man/p2pshare.1'], {
    encoding: 'utf8',
    env: { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' }
  })
  expect([shown.status, shown.stderr]).toEqual([0, ''])
  expect(shown.stdout).toContain('p2pshare fetch <hash>')
})
