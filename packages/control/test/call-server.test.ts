import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { isShareError, ShareError } from '@p2pshare/base'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ControlClient, createControlClient } from '../src/client/index.ts'
import { CONTROL_METHODS, type ControlMethod, type ControlService, METHOD_ACCESS } from '../src/index.ts'
import {
  type CallServer,
  type CallServerOptions,
  createCallServer,
  type RemoteCaller,
  refusal
} from '../src/server/index.ts'
import { BODY_BYTES } from '../src/server/limits.ts'
import { fakeService, MOMENT } from './fake-service.ts'
import { post, raw, temporaryFolder } from './serve.ts'

const PEER = '12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2'

interface Remote {
  client: ControlClient
  /** A socket that stands for the stream of a call. */
  path: string
  server: CallServer
  calls: ControlMethod[]
}

/** A call server behind a socket: sockets have the manners that it expects of streams. */
async function remote(
  role: RemoteCaller['role'],
  parts: Partial<ControlService> = {},
  options: Partial<CallServerOptions> = {}
): Promise<Remote> {
  const path = join(await temporaryFolder(), 'calls.sock')
  const service = fakeService(parts)
  const calls: ControlMethod[] = []
  const server = createCallServer({
    version: '0.1.0',
    log: { debug: () => undefined, error: () => undefined },
    accessOf(caller, method) {
      expect(caller).toEqual({ peerId: PEER, role })
      calls.push(method)
      return { service }
    },
    ...options
  })
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    server.serve(
      socket.on('error', () => undefined),
      { peerId: PEER, role }
    )
  }).listen(path)
  onTestFinished(() => {
    server.close()
    listener.close()
  })
  const client = createControlClient({ open: async () => connect(path), silence: 2000 })
  return { client, path, server, calls }
}

const REQUESTS: Partial<Record<ControlMethod, object>> = {
  seed: { paths: ['/x'] },
  relocate: { ref: 'x', path: '/x' },
  unwatch: { path: '/x' },
  unauthorize: { peer: 'x' },
  connect: { address: '/ip4/1.2.3.4/tcp/1' }
}
const ABOUT_SHARES = [
  'fetch',
  'checkFetch',
  'stopWhen',
  'entries',
  'read',
  'select',
  'shareStatus',
  'why',
  'remove',
  'pause',
  'resume',
  'verify'
]

/** Makes a call with a request that fits, to its end. @returns the code of its error, or `done` */
async function outcome(client: ControlClient, method: ControlMethod): Promise<string> {
  const request = REQUESTS[method] ?? (ABOUT_SHARES.includes(method) ? { ref: 'x' } : {})
  const leave = new AbortController()
  try {
    const call = client[method] as (request: object, signal: AbortSignal) => unknown
    const answer = call(request, leave.signal)
    if ('event' in CONTROL_METHODS[method]) for await (const _ of answer as AsyncIterable<unknown>) break
    else await answer
    return 'done'
  } catch (error) {
    return isShareError(error) ? error.code : String(error)
  } finally {
    leave.abort()
  }
}

describe('roles', () => {
  const methods = Object.keys(CONTROL_METHODS) as ControlMethod[]

  test('every call has one, and who may call, what counts and whether it runs is decided there alone', () => {
    expect(Object.keys(METHOD_ACCESS).sort()).toEqual(methods.toSorted())
    for (const method of ['authorize', 'unauthorize', 'reload', 'shutdown'] as const)
      expect(METHOD_ACCESS[method]).toBe('local')
    // None of these changes anything; whoever adds one has looked at what it does.
    expect(methods.filter((method) => METHOD_ACCESS[method] === 'read').sort()).toEqual([
      'doctor',
      'entries',
      'id',
      'list',
      'measure',
      'metrics',
      'observe',
      'peers',
      'shareStatus',
      'status',
      'why'
    ])
  })

  test.each(methods)('%s is for whom the table says', async (method) => {
    const access = METHOD_ACCESS[method]
    const reader = await remote('read')
    const controller = await remote('control')
    const denied = access === 'local' ? 'control.only-there' : 'control.read-only'
    // The fake knows no share.
    const allowed = method === 'shareStatus' ? 'daemon.unknown-share' : 'done'
    expect(await outcome(reader.client, method)).toBe(access === 'read' ? allowed : denied)
    expect(await outcome(controller.client, method)).toBe(access === 'local' ? denied : allowed)
    expect(reader.calls).toEqual(access === 'read' ? [method] : [])
    expect(controller.calls).toEqual(access === 'local' ? [] : [method])
  })
})

describe('the same gate as at the socket', () => {
  test('of who may not make a call, not even its body is read', async () => {
    const { path } = await remote('read')
    const head = post('/v1/seed', '').replace(/content-length: 0/, 'transfer-encoding: chunked')
    expect(await raw(path, `${head}5\r\n{"pat`)).toContain('control.read-only')
  })

  const status = (answer: string): string => answer.slice(9, 12)

  test.each([
    ['another method', post('/v1/status', '{}', {}, 'GET'), '405'],
    ['an unknown call', post('/v1/nothing', '{}'), '404'],
    ['another version', post('/v1/status', '{}', { 'p2pshare-api': '9' }), '426'],
    ['another type', post('/v1/status', '{}', { 'content-type': 'text/plain' }), '415'],
    ['no JSON', post('/v1/status', '{'), '400'],
    ['a field too many', post('/v1/status', '{"x":1}'), '400'],
    ['a body too long', post('/v1/status', ' '.repeat(BODY_BYTES + 1)), '413'],
    ['headers too long', post('/v1/status', '{}', { x: 'y'.repeat(20_000) }), '431'],
    ['no HTTP', '\0\0\0\0garbage\r\n\r\n', '400']
  ])('%s is refused', async (_, text, expected) => {
    const { path } = await remote('control')
    expect(status(await raw(path, text, (socket) => socket.end()))).toBe(expected)
  })

  test('a second request on a stream is not served', async () => {
    const { path, calls } = await remote('read')
    const one = post('/v1/status', '{}', { connection: 'keep-alive' })
    const answer = await raw(path, one + one, (socket) => socket.end())
    expect(calls).toEqual(['status'])
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(1)
  })

  test('who does not end its request is cut off', async () => {
    const { path } = await remote('read', {}, { times: { request: 30 } })
    for (const text of ['', 'POST /v1/sta', post('/v1/status', '{}', { 'content-length': '3' })])
      expect(await raw(path, text)).toBe('')
  })
})

describe('streams', () => {
  test('are made as fast as they are read, and end with the caller', async () => {
    let made = 0
    const ended = Promise.withResolvers<void>()
    const { client } = await remote('read', {
      async *observe(_, signal) {
        signal.addEventListener('abort', () => ended.resolve())
        for (;;) {
          made++
          yield { ...MOMENT, version: 'v'.repeat(100_000) }
        }
      }
    })
    const leave = new AbortController()
    const moments = client.observe({}, leave.signal)
    for (let i = 0; i < 3; i++) await moments.next()
    const before = made
    // Sockets and streams hold a few; endless ones would be thousands by now.
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(made).toBeLessThan(before + 60)
    leave.abort()
    await moments.next()
    await ended.promise
  })

  test('end when the server closes', async () => {
    const { client, server } = await remote('read', {
      async *observe(_, signal) {
        yield MOMENT
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }
    })
    const moments = client.observe({})
    await moments.next()
    server.close()
    await expect(moments.next()).rejects.toMatchObject({ code: 'control.connection-lost' })
  })
})

test('a body is prepared before it is checked', async () => {
  const { client } = await remote(
    'read',
    {},
    {
      accessOf: () => ({
        service: fakeService(),
        prepare: () => ({ ref: 7 })
      })
    }
  )
  await expect(client.why({ ref: 'x' })).rejects.toMatchObject({ code: 'control.bad-request' })
})

test('a refusal is short, and an error like any other to the caller', async () => {
  const error = new ShareError({
    code: 'control.not-authorised',
    fault: 'user',
    message: 'no',
    hint: 'ask',
    detail: { peer: PEER }
  })
  expect(refusal(error).length).toBeLessThan(1024)
  const path = join(await temporaryFolder(), 'calls.sock')
  const listener = createServer((socket: Socket) => void socket.end(refusal(error))).listen(path)
  onTestFinished(() => void listener.close())
  const client = createControlClient({ open: async () => connect(path) })
  await expect(client.status()).rejects.toMatchObject({
    code: 'control.not-authorised',
    message: 'no',
    hint: 'ask',
    detail: { peer: PEER }
  })
})

test('a stream that cannot be opened, or is cut off, says why', async () => {
  const unreachable = new ShareError({ code: 'network.daemon-unreachable', fault: 'daemon', message: 'gone' })
  const nowhere = createControlClient({ open: () => Promise.reject(unreachable) })
  await expect(nowhere.status()).rejects.toBe(unreachable)
  const path = join(await temporaryFolder(), 'calls.sock')
  const listener = createServer((socket) => void socket.destroy()).listen(path)
  onTestFinished(() => void listener.close())
  const client = createControlClient({ open: async () => connect(path) })
  await expect(client.status()).rejects.toMatchObject({ code: 'control.call-cut-off' })
})
