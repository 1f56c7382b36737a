import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request, type RequestOptions } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '@p2pshare/ports'
import { expect, onTestFinished, test } from 'vitest'
import { LISTENER_LIMITS, type ListenerLimits, MetricsListener } from '../../src/metrics/metrics-listener.ts'

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const TOKEN = 'a-token-of-24-characters'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

function tokenFile(text = `${TOKEN}\n`): string {
  const path = join(folder(), 'token')
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

/** A listener and what it was asked. */
function listener(limits: Partial<ListenerLimits> = {}) {
  const warnings = ['of somebody else']
  const reads = { count: 0, text: '' }
  const read = async (): Promise<string> => `p2pshare_reads ${++reads.count}\n${reads.text}`
  const made = new MetricsListener({
    ...{ log: quiet, read, warnings },
    limits: { ...LISTENER_LIMITS, fresh: 0, ...limits }
  })
  onTestFinished(() => made.close())
  return { made, warnings, reads }
}

/** Listens at any free port. */
async function listening(file?: string, limits: Partial<ListenerLimits> = {}) {
  const all = listener(limits)
  await all.made.configure({ metricsListen: { host: '127.0.0.1', port: 0 }, metricsTokenFile: file })
  expect(all.warnings).toEqual(['of somebody else'])
  const port = all.made.address?.port ?? 0
  const ask = async (options: RequestOptions = {}) => {
    const asked = request({ host: '127.0.0.1', port, path: '/metrics', agent: false, ...options })
    asked.end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    let text = ''
    for await (const part of response) text += String(part)
    return { status: response.statusCode, headers: response.headers, text }
  }
  return { ...all, port, ask }
}

test('serves the metrics, and nothing else', async () => {
  const { ask, port, reads } = await listening()
  expect(await ask()).toMatchObject({
    status: 200,
    text: 'p2pshare_reads 1\n',
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' }
  })
  expect((await ask({ headers: { host: `localhost:${port}` } })).status).toBe(200)
  for (const path of ['/', '/metrics/', '/v1/status', '//metrics', '/METRICS', '/metrics/../x'])
    expect([path, (await ask({ path })).status]).toEqual([path, 404])
  for (const method of ['POST', 'HEAD', 'OPTIONS', 'DELETE'])
    expect([method, (await ask({ method })).status]).toEqual([method, 405])
  expect(reads.count).toBe(2)
})

test('refuses whoever calls this machine by another name', async () => {
  const { ask, port, reads } = await listening()
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'localhost',
    '127.0.0.1:1',
    `localhost.evil:${port}`
  ])
    expect([host, (await ask({ headers: { host } })).status]).toEqual([host, 421])
  expect(reads.count).toBe(0)
})

test('with a token only who shows it is told anything; another one counts at once', async () => {
  const file = tokenFile()
  const { ask } = await listening(file)
  const show = async (authorization?: string): Promise<number | undefined> =>
    (await ask({ headers: { host: 'node.lan', ...(authorization === undefined ? {} : { authorization }) } }))
      .status
  expect(await show()).toBe(401)
  for (const wrong of ['Bearer x', `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN}x`, 'Bearer '])
    expect(await show(wrong)).toBe(401)
  expect((await ask({ path: '/other' })).status).toBe(401)
  expect(await show(`Bearer ${TOKEN}`)).toBe(200)
  writeFileSync(file, `${TOKEN.toUpperCase()}\n`)
  expect(await show(`Bearer ${TOKEN}`)).toBe(401)
  rmSync(file)
  expect(await show(`Bearer ${TOKEN}`)).toBe(503)
})

test('where it cannot listen, a warning says so until it can', async () => {
  const { made, warnings } = listener()
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const metricsListen = { host: '127.0.0.1', port }
  await made.configure({ metricsListen })
  expect(warnings[1]).toMatch(
    /^metrics are not served at 127\.0\.0\.1:\d+: another program has that port; choose/
  )
  await made.configure({ metricsListen: { host: '0.0.0.0', port } })
  expect(warnings).toEqual([
    'of somebody else',
    expect.stringContaining('other machines can reach that; set metricsTokenFile')
  ])
  await made.configure({ metricsListen: { host: '203.0.113.1', port }, metricsTokenFile: tokenFile() })
  expect(warnings[1]).toContain('no such address')
  taken.close()
  await once(taken, 'close')
  await made.configure({ metricsListen })
  expect([warnings, made.address?.port]).toEqual([['of somebody else'], port])
  await made.configure({})
  expect(made.address).toBeUndefined()
})

test.skipIf(process.platform === 'win32')('a token that cannot be one is a warning', async () => {
  const open = tokenFile()
  chmodSync(open, 0o604)
  const pipe = join(folder(), 'pipe')
  execFileSync('mkfifo', ['-m', '600', pipe])
  for (const [file, said] of [
    [open, 'everybody can read'],
    [tokenFile('short\n'), 'holds no token'],
    [tokenFile(`${'x'.repeat(5000)}\n`), 'holds no token'],
    [tokenFile('two words that are long\n'), 'holds no token'],
    [folder(), 'is no file'],
    [pipe, 'is no file'],
    [join(folder(), 'none'), 'cannot be read (ENOENT)']
  ] as const) {
    const { made, warnings } = listener()
    await made.configure({ metricsListen: { host: '127.0.0.1', port: 0 }, metricsTokenFile: file })
    expect(warnings[1]).toContain(said)
    expect(made.address).toBeUndefined()
  }
})

test('the same configuration again disturbs nobody', async () => {
  const { made, port } = await listening()
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  await made.configure({ metricsListen: { host: '127.0.0.1', port: 0 } })
  expect([made.address?.port, socket.closed]).toEqual([port, false])
  const closed = once(socket, 'close')
  await made.configure({})
  await closed
})

test('who says nothing, too much, or comes too often is cut off', async () => {
  const { port, ask } = await listening(undefined, { connections: 2, request: 300 })
  const silent = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  const third = connect(port, '127.0.0.1')
  third.on('error', () => undefined)
  await once(third, 'close')
  for (const socket of silent) socket.resume()
  await Promise.all(silent.map((socket) => once(socket, 'close')))
  expect((await ask({ headers: { 'x-long': 'x'.repeat(10_000) } })).status).toBe(431)
  expect((await ask()).status).toBe(200)
})

test('who asks and does not read the answer is cut off', async () => {
  const { port, ask, reads } = await listening(undefined, { connections: 1, request: 200 })
  // More than the buffers of a connection hold.
  reads.text = 'x'.repeat(64 * 1024 * 1024)
  const stalled = connect(port, '127.0.0.1').on('error', () => undefined)
  onTestFinished(() => void stalled.destroy())
  stalled.write(`GET /metrics HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`)
  await once(stalled, 'readable')
  reads.text = ''
  const status = (): Promise<number | undefined> =>
    ask().then(
      (answer) => answer.status,
      () => undefined
    )
  await expect.poll(status, { timeout: 4000 }).toBe(200)
})

test('many who ask at once cost one look', async () => {
  const { ask, reads } = await listening(undefined, { fresh: 60_000 })
  await Promise.all(Array.from({ length: 10 }, () => ask()))
  expect(reads.count).toBe(1)
})
