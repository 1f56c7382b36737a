import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '../src/log/daemon-log.ts'
import { namesOf, redaction } from '../src/log/redact.ts'

const redact = redaction('/home/ann/')
const KEY = '0123456789abcdef'.repeat(4)

test.each([
  ['{"path":"/home/ann/films/a.mp4"}', '{"path":"~/films/a.mp4"}'],
  ['{"path":"/home/ann"}', '{"path":"~"}'],
  ['{"path":"/home/anna/x","other":"/home/ann-2"}', '{"path":"/home/anna/x","other":"/home/ann-2"}'],
  ['{"stack":"Error\\n    at f (/home/ann/x.ts:1:2)"}', '{"stack":"Error\\n    at f (~/x.ts:1:2)"}'],
  ['{"text":"a\\n/home/ann/x /mnt/home/ann"}', '{"text":"a\\n~/x /mnt/home/ann"}'],
  ['{"token":"a\\"b","msg":"x"}', '{"token":"[secret]","msg":"x"}'],
  ['{"error":{"networkKey":"k"}}', '{"error":{"networkKey":"[secret]"}}'],
  ['{"ref":"p2pshare:bafy?n=x#k=SECRET"}', '{"ref":"p2pshare:bafy?n=x#[secret]"}'],
  [
    '{"url":"x?next=p2pshare%3Abafy%23key%3DAb-_1&y=1"}',
    '{"url":"x?next=p2pshare%3Abafy%23key%3D[secret]&y=1"}'
  ],
  ['{"msg":"…holiday#key=Ab-_1 is wrong"}', '{"msg":"…holiday#key=[secret] is wrong"}'],
  [
    `{"msg":"p2pshare:b?peer=${'/x'.repeat(3000)}#key=Ab1"}`,
    `{"msg":"p2pshare:b?peer=${'/x'.repeat(3000)}#key=[secret]"}`
  ],
  ['{"authorization":"Bearer abc.DEF-1=","n":1}', '{"authorization":"Bearer [secret]","n":1}'],
  [`{"msg":"/base16/\\n${KEY}"}`, '{"msg":"/base16/\\n[secret]"}'],
  ['{"cid":"bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4","n":1}', undefined]
])('%s', (line, expected) => {
  expect(redact(line)).toBe(expected ?? line)
})

test('a home with signs of regular expressions or backslashes', () => {
  expect(redaction('/h/a+b')('{"p":"/h/a+b/c"}')).toBe('{"p":"~/c"}')
  expect(redaction('C:\\Users\\ann')(JSON.stringify({ p: 'C:\\Users\\ann\\x' }))).toBe('{"p":"~\\\\x"}')
  expect(redaction('/')('{"p":"/x"}')).toBe('{"p":"/x"}')
})

test('a home that is reached over a link has two names, and neither is shown', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'p2ps-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'var-home'))
  symlinkSync(join(folder, 'var-home'), join(folder, 'home'))
  const shown = redaction(...namesOf(join(folder, 'home')))
  expect(shown(`{"a":"${folder}/home/x","b":"${folder}/var-home/x","c":"${folder}/homes"}`)).toBe(
    `{"a":"~/x","b":"~/x","c":"${folder}/homes"}`
  )
  expect(namesOf('/nowhere/at/all')).toEqual(['/nowhere/at/all'])
})

test('holds for all that the daemon logs, errors and their stacks, too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'daemon.log')
  const { log, close } = openLog(file)
  const path = join(homedir(), 'secret-films')
  log.child('storage').warn({ path, error: new Error(`no ${path}`) }, `cannot read ${path}, key ${KEY}`)
  close()
  const text = readFileSync(file, 'utf8')
  expect(JSON.parse(text)).toMatchObject({
    area: 'storage',
    path: '~/secret-films',
    error: { message: 'no ~/secret-films' }
  })
  expect(text).not.toContain(path)
  expect(text).not.toContain(KEY)
})
