import { Bitfield, type Bytes, bytes, pieceIndex, seededRng } from '@p2pshare/base'
import type { PeerLink } from '@p2pshare/ports'
import { type DataMessage, encodeFrame, type SwarmMessage } from '@p2pshare/wire'
import { afterEach, describe, expect, test } from 'vitest'
import { LinkRecorder } from './link-recorder.ts'

/** Two sides of one link, neither started. */
export interface LinkFixture {
  near: PeerLink
  far: PeerLink
  /** The far side's process or network dies, without a goodbye. */
  crashFar(): void
}

/** A link whose other side is under the test's control, byte by byte; hellos are done. */
export interface HostileFixture {
  link: PeerLink
  sendControl(raw: Uint8Array): void
  sendData(raw: Uint8Array): void
}

/** How to make what the suite needs. */
export interface PeerLinkWorld {
  pair(): Promise<LinkFixture>
  hostile(): Promise<HostileFixture>
  /** Ends everything made since the last call. */
  end(): Promise<void>
}

function randomBytes(seed: number, length: number): Uint8Array {
  const rng = seededRng(seed)
  const out = new Uint8Array(length)
  for (let i = 0; i < length; i += 4) {
    const word = rng.uint32()
    for (let j = 0; j < 4 && i + j < length; j++) out[i + j] = word >>> (8 * j)
  }
  return out
}

/** Whether all of it is equal; `toEqual` on megabytes takes seconds. */
function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.byteLength === b.byteLength && Buffer.compare(a, b) === 0
}

function started(link: PeerLink, recorder = new LinkRecorder()): LinkRecorder {
  link.start(recorder)
  return recorder
}

const request = (id: number): SwarmMessage => ({
  type: 'request',
  id,
  slot: 0,
  piece: pieceIndex(id),
  count: 1,
  offset: bytes(0),
  length: bytes(1000)
})

/** Frames that break the protocol on the control stream, and the code they must cost. */
const HOSTILE_CONTROL: readonly (readonly [string, readonly number[], string])[] = [
  ['a length of zero', [0], 'protocol-error'],
  ['a negative length', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 'limit-exceeded'],
  ['a length of 2^63', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], 'limit-exceeded'],
  ['a frame too long', [0xff, 0xff, 0x7f], 'limit-exceeded'],
  ['a bitmap of the wrong length', [9, 0x22, 7, 8, 1, 16, 17, 0x1a, 1, 0xff], 'protocol-error'],
  ['a bitmap with a spare bit', [9, 0x22, 7, 8, 1, 16, 7, 0x1a, 1, 0xff], 'protocol-error'],
  ['what is no message at all', [3, 0x0a, 0x7f, 1], 'protocol-error']
]

function describeTraffic(world: PeerLinkWorld): void {
  test('control messages arrive whole and in order, both ways', async () => {
    const { near, far } = await world.pair()
    const [atNear, atFar] = [started(near), started(far)]
    const pieces = Bitfield.full(50_000)
    for (let i = 0; i < 50_000; i += 3) pieces.clear(i)
    const sent: SwarmMessage[] = [
      { type: 'subscribe', slot: 1, root: Uint8Array.of(1, 2, 3), name: 'song' },
      { type: 'piece-map', slot: 1, pieces },
      ...Array.from({ length: 200 }, (_, i) => request(i))
    ]
    for (const message of sent) near.send(message)
    for (const message of sent) far.send(message)
    await atFar.until(() => atFar.messages.length === sent.length)
    await atNear.until(() => atNear.messages.length === sent.length)
    expect(atFar.messages.slice(2)).toEqual(sent.slice(2))
    expect(atNear.messages.slice(2)).toEqual(sent.slice(2))
    expect(atFar.messages[1]).toMatchObject({ slot: 1, pieces: { length: 50_000, count: pieces.count } })
  })

  test('payloads arrive whole and in order, while control goes both ways', async () => {
    const { near, far } = await world.pair()
    const [atNear, atFar] = [started(near), started(far)]
    const payloads = [1, 0, 300_000, 65_536, 2 * 1024 * 1024, 7, 262_144].map((size, i) =>
      randomBytes(i, size)
    )
    const sending = [
      ...payloads.map((payload, id) => near.sendData(id, payload)),
      ...payloads.map((payload, id) => far.sendData(id, payload))
    ]
    for (let i = 0; i < 50; i++) {
      near.send(request(i))
      far.send(request(i))
    }
    await Promise.all(sending)
    await atFar.until(() => atFar.finished.length === payloads.length)
    await atNear.until(() => atNear.finished.length === payloads.length && atNear.messages.length === 50)
    expect(atFar.finished).toEqual(payloads.map((_, id) => id))
    for (const [id, payload] of payloads.entries()) {
      expect(same(atFar.payloads.get(id), payload)).toBe(true)
      expect(same(atNear.payloads.get(id), payload)).toBe(true)
    }
    expect(near.queuedData).toBe(0)
    expect(atFar.progress).toBeGreaterThan(0)
  })
}

function describeTargets(world: PeerLinkWorld): void {
  test('data without a target is dropped and the next one is whole', async () => {
    const { near, far } = await world.pair()
    started(near)
    const atFar = started(far, new LinkRecorder((data) => data.id === 1))
    const payload = randomBytes(5, 400_000)
    await Promise.all([near.sendData(1, randomBytes(6, 500_000)), near.sendData(2, payload)])
    await atFar.until(() => atFar.finished.length === 1)
    expect(atFar.finished).toEqual([2])
    expect(same(atFar.payloads.get(2), payload)).toBe(true)
  })

  test('a buffer can be used again when sendData has resolved', async () => {
    const { near, far } = await world.pair()
    started(near)
    const atFar = started(far)
    const buffer = new Uint8Array(200_000)
    for (let id = 0; id < 20; id++) {
      buffer.fill(id + 1)
      await near.sendData(id, buffer)
    }
    buffer.fill(0xee)
    await atFar.until(() => atFar.finished.length === 20)
    for (const [id, payload] of atFar.payloads) expect(payload.every((byte) => byte === id + 1)).toBe(true)
  })
}

function describeBackPressure(world: PeerLinkWorld): void {
  test('a link that is not started holds everything back, and loses nothing', async () => {
    const { near, far } = await world.pair()
    started(near)
    const payload = randomBytes(9, 2 * 1024 * 1024)
    let handedOver = 0
    const sending = Array.from({ length: 12 }, (_, id) => near.sendData(id, payload).then(() => handedOver++))
    near.send(request(1))
    await handedOverSettles(() => handedOver)
    expect(handedOver).toBeLessThan(6)
    expect(near.queuedData).toBeGreaterThanOrEqual(6 * payload.byteLength)
    const atFar = started(far)
    await Promise.all(sending)
    await atFar.until(() => atFar.finished.length === 12 && atFar.messages.length === 1)
    for (let id = 0; id < 12; id++) expect(same(atFar.payloads.get(id), payload)).toBe(true)
  })

  test('a close frees whoever waits to send', async () => {
    const { near, far } = await world.pair()
    const atNear = started(near)
    const sending = Array.from({ length: 8 }, (_, id) => near.sendData(id, new Uint8Array(2 * 1024 * 1024)))
    const outcome = Promise.allSettled(sending)
    near.close('done')
    const results = await outcome
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'network.link-closed' } })
    expect(await atNear.closed()).toMatchObject({ code: 'done', remote: false })
    await expect(near.sendData(9, new Uint8Array(1))).rejects.toMatchObject({ code: 'network.link-closed' })
    expect(await started(far).closed()).toMatchObject({ code: 'done', remote: true })
  })

  test('a peer that reads no control messages costs itself the link', async () => {
    const { near, far } = await world.pair()
    const atNear = started(near)
    const root = new Uint8Array(100)
    for (let i = 0; i < 100_000 && atNear.ends.length === 0; i++) {
      near.send({ type: 'subscribe', slot: 1, root, name: '' })
      if (i % 1000 === 0) await new Promise(setImmediate)
    }
    expect(await atNear.closed()).toMatchObject({ code: 'limit-exceeded', remote: false })
    expect(far.peer).toBeDefined()
  })
}

/** Lets nothing pass but what a test releases; counts what was asked for. */
class Gate {
  readonly asked: number[] = []
  #open: (() => void)[] = []

  wait(bytes: number): Promise<number> {
    this.asked.push(bytes)
    return new Promise((resolve) => this.#open.push(() => resolve(bytes)))
  }

  /** Lets the oldest go on; answers whether somebody waited. */
  release(): boolean {
    const go = this.#open.shift()
    go?.()
    return go !== undefined
  }
}

/** Reads at the pace of a gate. */
class SlowReader extends LinkRecorder {
  readonly gate: Gate = new Gate()
  received = 0

  override onDataProgress(_data: DataMessage, got: Bytes): void {
    this.received = got
  }

  async pace(_data: DataMessage, part: Bytes): Promise<void> {
    await this.gate.wait(part)
  }
}

function describePace(world: PeerLinkWorld): void {
  test('a payload leaves slice by slice at its pace; control messages do not wait for it', async () => {
    const { near, far } = await world.pair()
    started(near)
    const atFar = started(far)
    const gate = new Gate()
    const payload = randomBytes(7, 300_000)
    let sent = false
    const pace = { slice: 16_384, take: (bytes: number) => gate.wait(bytes) }
    const sending = near.sendData(1, payload, pace).then(() => (sent = true))
    for (let i = 0; i < 8; i++) {
      await handedOverSettles(() => gate.asked.length, 20)
      near.send(request(i))
      expect([gate.asked.length, sent]).toEqual([i + 1, false])
      gate.release()
    }
    await atFar.until(() => atFar.messages.length === 8)
    expect(atFar.finished).toEqual([])
    while (!sent) {
      if (!gate.release()) await new Promise(setImmediate)
    }
    await sending
    await atFar.until(() => atFar.finished.length === 1)
    expect(same(atFar.payloads.get(1), payload)).toBe(true)
    expect(Math.max(...gate.asked)).toBeLessThanOrEqual(16_384)
    expect(gate.asked.reduce((sum, bytes) => sum + bytes, 0)).toBe(payload.byteLength)
  })

  test('a close ends a payload that waits for its pace', async () => {
    const { near, far } = await world.pair()
    started(near)
    started(far)
    const gate = new Gate()
    const sending = near.sendData(1, new Uint8Array(50_000), { slice: 10_000, take: (n) => gate.wait(n) })
    const outcome = expect(sending).rejects.toMatchObject({ code: 'network.link-closed' })
    await handedOverSettles(() => gate.asked.length, 20)
    near.close('done')
    await outcome
    gate.release()
  })

  test('a reader that takes its time is sent no more than fits on the way, and loses nothing', async () => {
    const { near, far } = await world.pair()
    const atNear = started(near)
    const slow = new SlowReader()
    started(far, slow)
    const payload = randomBytes(8, 2 * 1024 * 1024)
    let handedOver = 0
    const sending = Array.from({ length: 6 }, (_, id) => near.sendData(id, payload).then(() => handedOver++))
    await handedOverSettles(() => slow.received)
    expect(slow.gate.asked.length).toBe(1)
    expect(handedOver).toBeLessThan(5)
    near.send(request(1))
    far.send(request(2))
    await slow.until(() => slow.messages.length === 1)
    await atNear.until(() => atNear.messages.length === 1)
    while (slow.finished.length < 6) {
      if (!slow.gate.release()) await new Promise(setImmediate)
    }
    await Promise.all(sending)
    for (let id = 0; id < 6; id++) expect(same(slow.payloads.get(id), payload)).toBe(true)
    expect(slow.gate.asked.reduce((sum, bytes) => sum + bytes, 0)).toBe(6 * payload.byteLength)
  })
}

/** Waits until a count stands still over several turns of the event loop: no more room anywhere. */
async function handedOverSettles(count: () => number, turns = 200): Promise<void> {
  for (let last = -1, calm = 0; calm < turns; ) {
    await new Promise(setImmediate)
    calm = count() === last ? calm + 1 : 0
    last = count()
  }
}

function describeEnds(world: PeerLinkWorld): void {
  test('a goodbye tells both sides the code, once', async () => {
    const { near, far } = await world.pair()
    const [atNear, atFar] = [started(near), started(far)]
    near.send(request(1))
    near.close('too-many-peers', 'full \u001b[2J')
    near.close('internal')
    expect(await atNear.closed()).toMatchObject({ code: 'too-many-peers', remote: false })
    expect(await atFar.closed()).toMatchObject({ code: 'too-many-peers', remote: true })
    expect(atFar.messages).toEqual([request(1)])
    near.send(request(2))
    await new Promise(setImmediate)
    expect([atNear.ends.length, atFar.ends.length]).toEqual([1, 1])
  })

  test('a side that is closed before it starts hears of it when it starts', async () => {
    const { near, far } = await world.pair()
    const atNear = started(near)
    near.close('shutting-down')
    await atNear.closed()
    expect(await started(far).closed()).toMatchObject({ code: 'shutting-down', remote: true })
  })

  test('a crash of the other side ends the link once, without a goodbye', async () => {
    const { near, far, crashFar } = await world.pair()
    const atNear = started(near)
    started(far)
    const waiting = near.sendData(1, new Uint8Array(1000))
    await waiting
    crashFar()
    expect(await atNear.closed()).toMatchObject({ code: 'internal', remote: true })
    await expect(near.sendData(2, new Uint8Array(1))).rejects.toMatchObject({ code: 'network.link-closed' })
    await new Promise(setImmediate)
    expect(atNear.ends.length).toBe(1)
  })
}

function describeHostility(world: PeerLinkWorld): void {
  test.each(HOSTILE_CONTROL)('%s closes the link', async (_name, raw, code) => {
    const { link, sendControl } = await world.hostile()
    const recorder = started(link)
    sendControl(Uint8Array.from(raw))
    expect(await recorder.closed()).toMatchObject({ code, remote: false })
  })

  test('an unknown message is skipped', async () => {
    const { link, sendControl } = await world.hostile()
    const recorder = started(link)
    sendControl(Uint8Array.of(5, 0x9a, 0x06, 2, 1, 2))
    sendControl(encodeFrame(request(4)))
    await recorder.until(() => recorder.messages.length === 1)
    expect(recorder.messages).toEqual([request(4)])
  })

  test('a message out of place closes the link', async () => {
    const onData = await world.hostile()
    const first = started(onData.link)
    onData.sendData(encodeFrame(request(1)))
    expect(await first.closed()).toMatchObject({ code: 'protocol-error', remote: false })
    const onControl = await world.hostile()
    const second = started(onControl.link)
    onControl.sendControl(encodeFrame({ type: 'data', id: 1, length: bytes(10) }))
    expect(await second.closed()).toMatchObject({ code: 'protocol-error', remote: false })
  })

  test('a payload over the limit closes the link before a byte of it', async () => {
    const { link, sendData } = await world.hostile()
    const recorder = started(link)
    sendData(encodeFrame({ type: 'data', id: 1, length: bytes(2 * 1024 * 1024 + 1) }))
    expect(await recorder.closed()).toMatchObject({ code: 'protocol-error', remote: false })
    expect(recorder.payloads.size).toBe(0)
  })
}

/** What every implementation of the PeerLink port must do. */
export function peerLinkSuite(name: string, world: PeerLinkWorld): void {
  describe(`peer link: ${name}`, () => {
    afterEach(() => world.end())
    describeTraffic(world)
    describeTargets(world)
    describeBackPressure(world)
    describePace(world)
    describeEnds(world)
    describeHostility(world)
  })
}
