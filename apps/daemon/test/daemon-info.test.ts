import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readDaemonPid, removeDaemonInfo, writeDaemonInfo } from '../src/daemon-info.ts'

test('what is left of a killed daemon is read as nothing, and replaced', () => {
  const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'daemon.json')
  expect(readDaemonPid(file)).toBeUndefined()
  for (const text of [
    '',
    '{"pid":12',
    '[]',
    'null',
    '{"pid":"12"}',
    '{"pid":-1}',
    '{"pid":1e99}',
    '{"pid":0}'
  ]) {
    writeFileSync(file, text)
    expect(readDaemonPid(file), text).toBeUndefined()
  }
  writeFileSync(`${file}.new`, 'half', { mode: 0o644 })
  writeDaemonInfo(file, { pid: 7, version: '1', peerId: 'p', addresses: [], startedAt: 0 })
  expect(readDaemonPid(file)).toBe(7)
  expect(readdirSync(folder)).toEqual(['daemon.json'])
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
  removeDaemonInfo(file)
  removeDaemonInfo(file)
  expect(readdirSync(folder)).toEqual([])
})
