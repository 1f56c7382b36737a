import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadOrCreateKey } from '../../src/index.ts'
import { recordingLog } from '../support/nodes.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'p2pshare-key-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the key is made once, private, and read back', async () => {
  const path = join(folder, 'key')
  const first = await loadOrCreateKey(path, recordingLog())
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const second = await loadOrCreateKey(path, recordingLog())
  expect(second.equals(first)).toBe(true)
  expect(readdirSync(folder)).toEqual(['key'])
})

test('permissions that are too wide are taken back, and the log says so', async () => {
  const path = join(folder, 'key')
  await loadOrCreateKey(path, recordingLog())
  chmodSync(path, 0o644)
  const log = recordingLog()
  await loadOrCreateKey(path, log)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(log.lines.join()).toContain('readable by others')
})

test.each([
  ['empty', new Uint8Array(0)],
  ['noise', new Uint8Array(68).fill(7)],
  ['huge', new Uint8Array(100_000)]
])('a damaged key (%s) is refused with a way out, and left as it is', async (_, bytes) => {
  const path = join(folder, 'key')
  writeFileSync(path, bytes, { mode: 0o600 })
  await expect(loadOrCreateKey(path, recordingLog())).rejects.toMatchObject({
    code: 'network.bad-key-file',
    hint: expect.stringContaining('backup')
  })
  expect(statSync(path).size).toBe(bytes.byteLength)
})

test('another kind of key, and a folder that cannot be written, are refused', async () => {
  const path = join(folder, 'key')
  writeFileSync(path, privateKeyToProtobuf(await generateKeyPair('secp256k1')), { mode: 0o600 })
  await expect(loadOrCreateKey(path, recordingLog())).rejects.toMatchObject({ code: 'network.bad-key-file' })
  await expect(loadOrCreateKey(join(folder, 'no', 'key'), recordingLog())).rejects.toMatchObject({
    code: 'network.key-file-not-written',
    hint: expect.stringContaining('--home')
  })
})
