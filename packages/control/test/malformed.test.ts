import { test as property, fc } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createControlClient } from '../src/client/index.ts'
import { createControlServer, type ControlServer } from '../src/server/index.ts'
import { BODY_BYTES, CONNECTIONS } from '../src/server/limits.ts'
import { fakeService } from './fake-service.ts'
import { post, raw, serve } from './serve.ts'

const stillServes = async (socketPath: string): Promise<void> => {
  expect((await createControlClient({ socketPath }).id()).peerId).toBe('12D3')
}

describe('a request that makes no sense is answered and harms nothing', () => {
  const big = JSON.stringify({ paths: ['/'.repeat(BODY_BYTES)] })
  test.each([
    ['bad JSON', post('/v1/id', '{'), 400, 'control.bad-request'],
    ['an empty body', post('/v1/id', ''), 400, 'control.bad-request'],
    ['an unknown field', post('/v1/id', '{"x":1}'), 400, 'control.bad-request'],
    ['a prototype key', post('/v1/pause', '{"__proto__":{"ref":"x"}}'), 400, 'control.bad-request'],
    ['a relative path', post('/v1/seed', '{"paths":["a"]}'), 400, 'control.bad-request'],
    ['a path with NUL', post('/v1/seed', '{"paths":["/a\\u0000b"]}'), 400, 'control.bad-request'],
    [
      'a schedule at 25:00',
      post('/v1/limit', '{"alternative":{"from":"25:00"}}'),
      400,
      'control.bad-request'
    ],
    ['a schedule to 24:00', post('/v1/limit', '{"alternative":{"to":"24:00"}}'), 400, 'control.bad-request'],
    ['a schedule without days', post('/v1/limit', '{"alternative":{"days":[]}}'), 400, 'control.bad-request'],
    ['a limit of 0', post('/v1/limit', '{"up":0}'), 400, 'control.bad-request'],
    ['a place below 1', post('/v1/queue', '{"ref":"x","move":0}'), 400, 'control.bad-request'],
    ['a move of nothing', post('/v1/queue', '{"move":"first"}'), 400, 'control.bad-request'],
    ['a ratio of 0', post('/v1/stopWhen', '{"ref":"x","rules":{"ratio":0}}'), 400, 'control.bad-request'],
    ['a ratio of 1e9', post('/v1/stopWhen', '{"ref":"x","rules":{"ratio":1e9}}'), 400, 'control.bad-request'],
    [
      '101 replicas',
      post('/v1/stopWhen', '{"ref":"x","rules":{"replicas":101}}'),
      400,
      'control.bad-request'
    ],
    [
      'rules and none',
      post('/v1/stopWhen', '{"ref":"x","rules":{},"usual":true}'),
      400,
      'control.bad-request'
    ],
    ['a long hash', post('/v1/pause', JSON.stringify({ ref: 'x'.repeat(5000) })), 400, 'control.bad-request'],
    ['a huge body', post('/v1/seed', big), 413, 'control.bad-request'],
    [
      'a body of 64 KiB where a hash fits',
      post('/v1/pause', `{"ref":"x"}${' '.repeat(65_526)}`),
      413,
      'control.bad-request'
    ],
    ['a wrong method', post('/v1/id', '', {}, 'PUT'), 405, 'control.bad-request'],
    ['GET', post('/v1/id', '', {}, 'GET'), 405, 'control.bad-request'],
    ['an unknown path', post('/v1/nope', '{}'), 404, 'control.unknown-method'],
    ['a name of Object', post('/v1/constructor', '{}'), 404, 'control.unknown-method'],
    ['a form', post('/v1/id', 'a=b', { 'content-type': 'text/plain' }), 415, 'control.bad-request'],
    ['no API version', post('/v1/id', '{}', { 'p2pshare-api': '' }), 426, 'control.version-mismatch'],
    ['another API version', post('/v1/id', '{}', { 'p2pshare-api': '2' }), 426, 'control.version-mismatch']
  ])('%s', async (_name, request, status, code) => {
    const { socketPath, errors } = await serve(fakeService())
    const answer = await raw(socketPath, request)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    const body = answer.slice(answer.indexOf('\r\n\r\n'))
    expect(body).toContain(`"code":"${code}"`)
    expect(body.length).toBeLessThan(1000)
    expect(errors).toEqual([])
    await stillServes(socketPath)
  })

  test('a chunked body without an end to it is refused at 4 MiB', async () => {
    const { socketPath } = await serve(fakeService())
    const head = post('/v1/seed', '').replace(/content-length: 0/, 'transfer-encoding: chunked')
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const answer = await raw(socketPath, head + chunk.repeat(65))
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    await stillServes(socketPath)
  })

  test('of a call with lists in it a long body is read, of any other a short one', async () => {
    const { socketPath } = await serve(fakeService())
    const space = ' '.repeat(65_525)
    expect(await raw(socketPath, post('/v1/pause', `{"ref":"x"}${space}`))).not.toMatch(/^HTTP\/1.1 413 /)
    for (const [path, body] of [
      ['/v1/seed', '{"paths":["/x"]}'],
      ['/v1/fetch', '{"ref":"x"}'],
      ['/v1/select', '{"ref":"x"}']
    ] as const)
      expect(await raw(socketPath, post(path, body + space)), path).not.toMatch(/^HTTP\/1.1 413 /)
  })

  test('headers over 16 KiB are refused', async () => {
    const { socketPath } = await serve(fakeService())
    expect(await raw(socketPath, post('/v1/id', '{}', { x: 'y'.repeat(20_000) }))).toMatch(/^HTTP\/1.1 431 /)
    await stillServes(socketPath)
  })

  test('a body that never ends is cut off', async () => {
    const { socketPath } = await serve(fakeService(), { headers: 50, request: 100, sweep: 20 })
    const answer = await raw(socketPath, post('/v1/id', '{', { 'content-length': '100' }))
    expect(answer).toMatch(/^(HTTP\/1.1 (408|400) |$)/)
    await stillServes(socketPath)
  })

  test('headers that never end are cut off', async () => {
    const { socketPath } = await serve(fakeService(), { headers: 50, request: 100, sweep: 20 })
    expect(await raw(socketPath, 'POST /v1/id HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1.1 408 /)
    await stillServes(socketPath)
  })

  test('silent connections keep no command out until there are too many; a place that is free is given away', async () => {
    const { socketPath } = await serve(fakeService())
    const held = Array.from({ length: CONNECTIONS }, () => connect(socketPath))
    await Promise.all(held.map((socket) => once(socket, 'connect')))
    expect(await raw(socketPath, post('/v1/id', '{}'))).toBe('')
    for (const socket of held) socket.destroy()
    await expect.poll(() => raw(socketPath, post('/v1/id', '{}'))).toMatch(/^HTTP\/1.1 200 /)
  })
})

describe('random bytes', () => {
  let folder: string
  let server: ControlServer
  let socketPath: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2ps-'))
    socketPath = join(folder, 'c.sock')
    const log = { debug: () => undefined, error: () => undefined }
    server = createControlServer(fakeService(), { socketPath, version: '0.1.0', log })
    await server.listen()
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  property.prop([fc.uint8Array({ minLength: 1, maxLength: 2000 })], { numRuns: 100 })(
    'never stop the server',
    async (bytes) => {
      await raw(socketPath, bytes, (socket) => socket.end())
      await stillServes(socketPath)
    }
  )

  property.prop([fc.jsonValue(), fc.constantFrom('seed', 'fetch', 'list', 'limit', 'remove', 'connect')], {
    numRuns: 200
  })('any JSON gets an answer that is not an inner failure', async (body, method) => {
    const answer = await raw(socketPath, post(`/v1/${method}`, JSON.stringify(body)))
    expect(answer).toMatch(/^HTTP\/1.1 (200|400) /)
  })
})
