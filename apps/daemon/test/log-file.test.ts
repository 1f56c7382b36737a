import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LogFile } from '../src/log/log-file.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

test('keeps so many files of such a size, the newest lines in the first', () => {
  const path = join(folder(), 'daemon.log')
  const line = (i: number): string => `${String(i).padStart(9, '0')}\n`
  let file = new LogFile(path, { size: 100, files: 3 })
  for (let i = 0; i < 55; i++) {
    file.write(line(i))
    // A daemon that starts again goes on in the same file.
    if (i === 20) {
      file.close()
      file = new LogFile(path, { size: 100, files: 3 })
    }
  }
  file.close()
  const kept = [2, 1, 0].map((i) => readFileSync(i === 0 ? path : `${path}.${i}`, 'utf8'))
  expect(kept.join('')).toBe(Array.from({ length: 25 }, (_, i) => line(30 + i)).join(''))
  expect(kept.every((text) => text.length <= 100)).toBe(true)
  expect(existsSync(`${path}.3`)).toBe(false)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('one line longer than a file still goes in, and a folder that is gone ends nothing', () => {
  const home = folder()
  const file = new LogFile(join(home, 'a.log'), { size: 10, files: 2 })
  file.write('x'.repeat(50))
  rmSync(join(home, 'a.log'))
  file.write('y'.repeat(50))
  file.close()
  expect(readFileSync(join(home, 'a.log'), 'utf8')).toBe('y'.repeat(50))
})
