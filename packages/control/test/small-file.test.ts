import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { smallFileText } from '../src/small-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a small file is read whole, a larger one not at all', () => {
  const path = join(folder, 'file')
  for (const text of ['', 'ü', 'x'.repeat(4096)]) {
    writeFileSync(path, text)
    expect(smallFileText(path, 4096)).toBe(text)
  }
  writeFileSync(path, 'x'.repeat(4097))
  expect(smallFileText(path, 4096)).toBeUndefined()
})

test('what is no file has no text; what is not there has an error', () => {
  expect(smallFileText(folder, 10)).toBeUndefined()
  expect(() => smallFileText(join(folder, 'none'), 10)).toThrow('ENOENT')
})

test.skipIf(process.platform === 'win32')(
  'neither a device without end nor a pipe without writer holds it up',
  () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    expect(smallFileText('/dev/zero', 10)).toBeUndefined()
    expect(smallFileText(pipe, 10)).toBeUndefined()
  }
)
