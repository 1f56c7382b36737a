import { once } from 'node:events'
import { isShareError, ShareError } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { createControlClient } from '../src/client/index.ts'
import { CONTROL_METHODS, type FetchEvent, type SeedEvent } from '../src/index.ts'
import { CID, fakeService, phase } from './fake-service.ts'
import { serve, temporaryFolder } from './serve.ts'

const collect = async <T>(events: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const event of events) all.push(event)
  return all
}

const caught = async (work: Promise<unknown>): Promise<ShareError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown
  )
  if (!isShareError(error)) throw new TypeError(`no ShareError: ${String(error)}`)
  return error
}

describe('calls', () => {
  test('every method answers what its schema says', async () => {
    const { socketPath } = await serve(
      fakeService({
        shareStatus: async () => ({
          cid: CID,
          name: 'x',
          size: 1,
          done: 1,
          state: 'seeding',
          path: '/x',
          pieces: 1,
          uploaded: 0,
          downloaded: 0,
          rateUp: 0,
          rateDown: 0,
          peers: 0,
          availability: 1,
          link: 'l',
          limits: { up: null, down: 5 },
          phase: phase()
        })
      })
    )
    const client = createControlClient({ socketPath })
    const ref = { ref: CID }
    const answers = {
      list: await client.list(),
      status: await client.status(),
      shareStatus: await client.shareStatus(ref),
      checkFetch: await client.checkFetch(ref),
      why: await client.why(ref),
      remove: await client.remove(ref),
      pause: await client.pause(ref),
      resume: await client.resume(ref),
      verify: await client.verify(ref),
      queue: await client.queue(),
      stopWhen: await client.stopWhen({ ...ref, rules: { ratio: 2 } }),
      limit: await client.limit({ up: 5 }),
      peers: await client.peers(),
      connect: await client.connect({ address: '/ip4/127.0.0.1/tcp/1' }),
      measure: await client.measure({ duration: 100 }),
      reload: await client.reload(),
      metrics: await client.metrics(),
      id: await client.id(),
      shutdown: await client.shutdown()
    }
    for (const [name, answer] of Object.entries(answers)) {
      const method = CONTROL_METHODS[name as keyof typeof answers]
      expect(method.result.safeParse(answer).error, name).toBeUndefined()
    }
    const streams = {
      seed: await collect(client.seed({ paths: ['/a', '/b'] })),
      fetch: await collect(client.fetch(ref)),
      observe: await collect(client.observe({})),
      read: await collect(client.read(ref))
    }
    expect(streams.read).toHaveLength(3)
    for (const event of streams.read)
      if (!(event instanceof Uint8Array))
        expect(CONTROL_METHODS.read.event.safeParse(event).error).toBeUndefined()
    expect(streams.seed).toHaveLength(4)
    for (const event of streams.seed) expect(CONTROL_METHODS.seed.event.safeParse(event).success).toBe(true)
    expect(streams.fetch).toHaveLength(2)
    expect(streams.observe).toHaveLength(1)
    for (const event of streams.observe)
      expect(CONTROL_METHODS.observe.event.safeParse(event).error).toBeUndefined()
    for (const event of streams.fetch) expect(CONTROL_METHODS.fetch.event.safeParse(event).success).toBe(true)
  })

  test('defaults are filled in, the service sees checked requests', async () => {
    const seen: unknown[] = []
    const { socketPath } = await serve(
      fakeService({
        remove: async (request) => {
          seen.push(request)
          return { cid: CID, state: 'removed' }
        }
      })
    )
    await createControlClient({ socketPath }).remove({ ref: CID })
    expect(seen).toEqual([{ ref: CID, deleteFiles: false }])
  })

  test('a ShareError arrives whole', async () => {
    const { socketPath } = await serve(
      fakeService({
        connect: async () => {
          throw new ShareError({
            code: 'network.dial-failed',
            fault: 'network',
            message: 'm',
            hint: 'h',
            detail: { a: 1 }
          })
        }
      })
    )
    const error = await caught(createControlClient({ socketPath }).connect({ address: '/x' }))
    expect(error).toMatchObject({
      code: 'network.dial-failed',
      fault: 'network',
      hint: 'h',
      detail: { a: 1 }
    })
    expect(error.message).toBe('m')
  })

  test('what else is thrown is logged, and its text stays inside', async () => {
    const { socketPath, errors } = await serve(
      fakeService({ id: async () => Promise.reject(new TypeError('secret')) })
    )
    const error = await caught(createControlClient({ socketPath }).id())
    expect(error.code).toBe('control.internal')
    expect(error.message).not.toContain('secret')
    expect(errors).toEqual(['control request failed'])
  })
})

describe('streams', () => {
  test('events arrive while the service is still at work', async () => {
    let goOn: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const { socketPath } = await serve(
      fakeService({
        async *seed(): AsyncGenerator<SeedEvent> {
          yield { event: 'hashing', path: '/a', bytes: 0, totalBytes: 1, files: 1 }
          await gate
        }
      })
    )
    const events = createControlClient({ socketPath }).seed({ paths: ['/a'] })
    expect((await events.next()).value).toMatchObject({ event: 'hashing' })
    goOn()
    expect((await events.next()).done).toBe(true)
  })

  test('an error in the middle reaches the reader after the events', async () => {
    const { socketPath } = await serve(
      fakeService({
        async *fetch(): AsyncGenerator<FetchEvent> {
          yield { event: 'state', cid: CID, name: 'x', state: 'fetching', phase: phase() }
          throw new ShareError({ code: 'storage.disk-full', fault: 'disk', message: 'full' })
        }
      })
    )
    const events = createControlClient({ socketPath }).fetch({ ref: CID })
    expect((await events.next()).done).toBe(false)
    expect((await caught(events.next())).code).toBe('storage.disk-full')
  })

  test.each(['break', 'abort'])('leaving by %s tells the service', async (how) => {
    const left = Promise.withResolvers<void>()
    const { socketPath } = await serve(
      fakeService({
        async *fetch(_request, signal): AsyncGenerator<FetchEvent> {
          signal.addEventListener('abort', () => left.resolve(), { once: true })
          yield { event: 'state', cid: CID, name: 'x', state: 'fetching', phase: phase() }
          await once(signal, 'abort')
        }
      })
    )
    const leave = new AbortController()
    for await (const _event of createControlClient({ socketPath }).fetch({ ref: CID }, leave.signal)) {
      if (how === 'break') break
      leave.abort()
    }
    await left.promise
  })

  test('heartbeats keep a silent stream alive; without them the client gives up', async () => {
    const silent = fakeService({
      async *fetch(_request, signal): AsyncGenerator<FetchEvent> {
        await once(signal, 'abort')
        yield* []
      }
    })
    const beating = await serve(silent, { heartbeat: 20 })
    const leave = new AbortController()
    const alive = collect(
      createControlClient({ socketPath: beating.socketPath, silence: 200 }).fetch({ ref: CID }, leave.signal)
    )
    const dead = await serve(silent, { heartbeat: 60_000 })
    const silence = createControlClient({ socketPath: dead.socketPath, silence: 400 })
    expect((await caught(collect(silence.fetch({ ref: CID })))).code).toBe('control.connection-lost')
    // 400 ms of silence have passed: twice what the other client would have borne.
    leave.abort()
    expect(await alive).toEqual([])
  })

  test('a daemon that takes a call and never answers counts as hung, whatever was asked', async () => {
    const never = async (): Promise<never> => new Promise(() => undefined)
    const { socketPath } = await serve(fakeService({ status: never }))
    const client = createControlClient({ socketPath, silence: 50 })
    const lost = await caught(client.status())
    expect([lost.code, lost.message]).toEqual(['control.connection-lost', expect.stringContaining('silent')])
  })

  test('a daemon that stops in the middle is an error, not an end', async () => {
    const { socketPath, server } = await serve(
      fakeService({
        async *fetch(): AsyncGenerator<FetchEvent> {
          yield { event: 'state', cid: CID, name: 'x', state: 'fetching', phase: phase() }
          await new Promise(() => undefined)
        }
      })
    )
    const events = createControlClient({ socketPath }).fetch({ ref: CID })
    await events.next()
    const lost = caught(events.next())
    await server.close()
    expect((await lost).code).toBe('control.connection-lost')
  })

  test('a reader that does not read holds the service back', async () => {
    let made = 0
    const { socketPath } = await serve(
      fakeService({
        async *fetch(_request, signal): AsyncGenerator<FetchEvent> {
          while (!signal.aborted) {
            made++
            yield { event: 'state', cid: CID, name: 'x'.repeat(10_000), state: 'fetching', phase: phase() }
          }
        }
      })
    )
    const events = createControlClient({ socketPath }).fetch({ ref: CID })
    await events.next()
    // Settled when a whole look apart nothing more was made.
    let before = -1
    await expect
      .poll(
        () => {
          const still = made === before
          before = made
          return still
        },
        { interval: 100 }
      )
      .toBe(true)
    expect(made).toBeLessThan(1000)
    await events.return()
  })
})

describe('no daemon', () => {
  test('no socket', async () => {
    const socketPath = `${await temporaryFolder()}/none.sock`
    expect((await caught(createControlClient({ socketPath }).id())).code).toBe('control.daemon-not-running')
  })
})
