import { millis } from '@p2pshare/base'
import { LinkRecorder, VirtualClock } from '@p2pshare/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { SWARM_PROTOCOL } from '../../src/link/link-limits.ts'
import { addressOf, forever, loopbackNode, rawStreams, type SwarmNode, swarmNode } from './swarm-node.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()))
})

async function swarm(...[limits, clock]: Parameters<typeof swarmNode>): Promise<SwarmNode> {
  const made = await swarmNode(limits, clock)
  ends.push(() => made.stop())
  return made
}

async function plainNode() {
  const node = await loopbackNode()
  ends.push(async () => node.stop())
  return node
}

function started(link: { start(handler: LinkRecorder): void }): LinkRecorder {
  const recorder = new LinkRecorder()
  link.start(recorder)
  return recorder
}

/** Resolves when a ping and a pong, 25 bytes, have come to the node's control stream. */
function heardOn({ node }: SwarmNode): Promise<void> {
  const stream = node.getConnections()[0]?.streams.find((stream) => stream.protocol === SWARM_PROTOCOL)
  let heard = 0
  return new Promise((resolve) => {
    stream?.addEventListener('message', (event) => {
      heard += event.data.byteLength
      if (heard >= 25) resolve()
    })
  })
}

describe('one link per peer', () => {
  test('all who ask share one attempt and one link', async () => {
    const [a, b] = [await swarm(), await swarm()]
    const links = await Promise.all([1, 2, 3].map(() => a.links.link(addressOf(b), forever())))
    expect(new Set(links).size).toBe(1)
    expect(await a.links.link(addressOf(b), forever())).toBe(links[0])
    expect(a.links.links()).toEqual([links[0]])
    const far = await b.next()
    expect(far).toMatchObject({
      inbound: true,
      peer: a.node.peerId.toString(),
      agent: 'test/1',
      maxRequests: 64
    })
    expect(links[0]).toMatchObject({ inbound: false, relayed: false, peer: b.node.peerId.toString() })
    expect([a.taken.length, b.taken.length]).toEqual([1, 1])
  })

  test('both opening at the same time end up with one working link', async () => {
    for (let round = 0; round < 6; round++) {
      const [a, b] = [await swarm(), await swarm()]
      const [near, far] = await Promise.all([
        a.links.link(addressOf(b), forever()),
        b.links.link(addressOf(a), forever())
      ])
      const [atNear, atFar] = [started(near), started(far)]
      near.send({ type: 'cancel', id: 1 })
      far.send({ type: 'cancel', id: 2 })
      await Promise.all([
        atFar.until(() => atFar.messages.length === 1),
        atNear.until(() => atNear.messages.length === 1)
      ])
      expect([a.links.links(), b.links.links()]).toEqual([[near], [far]])
      expect(near.inbound).not.toBe(far.inbound)
      expect([atNear.ends, atFar.ends]).toEqual([[], []])
    }
  })

  test('a newer link of the same opener replaces the older one', async () => {
    const [victim, attacker] = [await swarm(), await plainNode()]
    const connection = await attacker.dial(victim.node.getMultiaddrs())
    await rawStreams(connection, 1n)
    const first = started(await victim.next())
    await rawStreams(connection, 2n)
    const second = await victim.next()
    expect(await first.closed()).toMatchObject({ code: 'duplicate', remote: false })
    expect(victim.links.links()).toEqual([second])
  })

  test('after a link has ended, the next wish makes a new one', async () => {
    const [a, b] = [await swarm(), await swarm()]
    const first = await a.links.link(addressOf(b), forever())
    const atNear = started(first)
    const atFar = started(await b.next())
    first.close('done')
    await Promise.all([atNear.closed(), atFar.closed()])
    const second = await a.links.link(addressOf(b), forever())
    expect(second).not.toBe(first)
    expect(b.taken.length).toBe(2)
  })
})

describe('what can go wrong', () => {
  test('a node that speaks no swarm protocol', async () => {
    const [a, other] = [await swarm(), await plainNode()]
    const failure = a.links.link(addressOf({ node: other }), forever())
    await expect(failure).rejects.toMatchObject({ code: 'network.not-a-swarm-peer' })
  })

  test('a peer that is not there, and addresses that are none', async () => {
    const a = await swarm()
    const gone = await loopbackNode()
    const address = addressOf({ node: gone })
    await gone.stop()
    await expect(a.links.link(address, forever())).rejects.toMatchObject({ code: 'network.dial-failed' })
    const nonsense = { peer: address.peer, addresses: ['x', '/ip4/1'] }
    await expect(a.links.link(nonsense, forever())).rejects.toMatchObject({ code: 'network.dial-failed' })
    const noPeer = { peer: '\u001b[2J', addresses: [] }
    await expect(a.links.link(noPeer, forever())).rejects.toMatchObject({ code: 'network.dial-failed' })
    const self = addressOf(a)
    await expect(a.links.link(self, forever())).rejects.toMatchObject({ code: 'network.dial-failed' })
  })

  test('a signal that aborts, before and during', async () => {
    const [a, mute] = [await swarm(), await plainNode()]
    await mute.handle(SWARM_PROTOCOL, () => {})
    const target = addressOf({ node: mute })
    await expect(a.links.link(target, AbortSignal.abort())).rejects.toMatchObject({ code: 'network.aborted' })
    const controller = new AbortController()
    const attempt = a.links.link(target, controller.signal)
    controller.abort()
    await expect(attempt).rejects.toMatchObject({ code: 'network.aborted' })
  })

  test('a peer that never answers the hello', async () => {
    const [a, mute] = [await swarm({ handshakeTimeout: millis(50) }), await plainNode()]
    await mute.handle(SWARM_PROTOCOL, () => {})
    const failure = a.links.link(addressOf({ node: mute }), forever())
    await expect(failure).rejects.toMatchObject({ code: 'network.dial-failed' })
    expect(a.links.links()).toEqual([])
  })

  test('a control stream without its data stream is reset in time, and no link appears', async () => {
    const [victim, attacker] = [await swarm({ handshakeTimeout: millis(50) }), await plainNode()]
    const connection = await attacker.dial(victim.node.getMultiaddrs())
    const stream = await connection.newStream(SWARM_PROTOCOL)
    const ended = new Promise((resolve) => stream.addEventListener('close', resolve, { once: true }))
    stream.send(Uint8Array.of(0))
    await ended
    const silent = await connection.newStream(SWARM_PROTOCOL)
    await new Promise((resolve) => silent.addEventListener('close', resolve, { once: true }))
    expect(victim.taken).toEqual([])
  })

  test('stopping says goodbye, and nothing is accepted any more', async () => {
    const [a, b] = [await swarm(), await swarm()]
    const atNear = started(await a.links.link(addressOf(b), forever()))
    await b.next()
    await b.links.stop()
    expect(await atNear.closed()).toMatchObject({ code: 'shutting-down', remote: true })
    await expect(a.links.link(addressOf(b), forever())).rejects.toMatchObject({
      code: 'network.not-a-swarm-peer'
    })
    await expect(b.links.link(addressOf(a), forever())).rejects.toMatchObject({ code: 'network.dial-failed' })
  })
})

describe('time', () => {
  test('a silent peer is pinged, then closed as idle', async () => {
    const clock = new VirtualClock()
    const [victim, attacker] = [await swarm({}, clock), await plainNode()]
    const connection = await attacker.dial(victim.node.getMultiaddrs())
    const { control } = await rawStreams(connection)
    const recorder = started(await victim.next())
    let heard = 0
    const pinged = new Promise<void>((resolve) => {
      control.addEventListener('message', (event) => {
        heard += event.data.byteLength
        resolve()
      })
    })
    clock.advance(millis(30_000))
    await pinged
    expect(heard).toBeGreaterThan(0)
    expect(recorder.ends).toEqual([])
    clock.advance(millis(90_001))
    expect(await recorder.closed()).toMatchObject({ code: 'idle', remote: false })
    clock.advance(millis(5000))
  })

  test('two quiet honest sides keep each other alive', async () => {
    const clock = new VirtualClock()
    const [a, b] = [await swarm({}, clock), await swarm({}, clock)]
    const [atNear, atFar] = [started(await a.links.link(addressOf(b), forever())), started(await b.next())]
    for (let round = 0; round < 6; round++) {
      const answered = [heardOn(a), heardOn(b)]
      clock.advance(millis(30_000))
      await Promise.all(answered)
    }
    expect([atNear.ends, atFar.ends, atNear.messages]).toEqual([[], [], []])
    // Nobody is left to run the timers of the closing.
    a.links.links()[0]?.close('done')
    await Promise.all([atNear.closed(), atFar.closed()])
  })

  test('a peer that takes no data is closed with no-progress', async () => {
    const [a, b] = [await swarm({ progressTimeout: millis(100) }), await swarm()]
    const near = await a.links.link(addressOf(b), forever())
    const atNear = started(near)
    await b.next()
    const sending = Array.from({ length: 8 }, (_, id) => near.sendData(id, new Uint8Array(2 * 1024 * 1024)))
    const results = await Promise.allSettled(sending)
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'network.link-closed' } })
    expect(await atNear.closed()).toMatchObject({ code: 'no-progress', remote: false })
  })

  test('control stays quick while bulk fills the connection both ways', async () => {
    const [a, b] = [await swarm(), await swarm()]
    const near = await a.links.link(addressOf(b), forever())
    const far = await b.next()
    const [atNear, atFar] = [started(near), started(far)]
    const payload = new Uint8Array(1024 * 1024)
    const bulk = Array.from({ length: 40 }, (_, id) => [
      near.sendData(id, payload),
      far.sendData(id, payload)
    ]).flat()
    near.send({ type: 'ping', nonce: 3n })
    await atNear.until(() => atNear.messages.length === 1)
    expect(atNear.messages).toEqual([{ type: 'pong', nonce: 3n }])
    expect(atNear.finished.length).toBeLessThan(20)
    await Promise.all(bulk)
    await atFar.until(() => atFar.finished.length === 40)
  })

  test('a handler that throws costs its link, not the process', async () => {
    const [a, b] = [await swarm(), await swarm()]
    const near = await a.links.link(addressOf(b), forever())
    const atNear = started(near)
    const far = await b.next()
    far.start({
      onMessage() {
        throw new TypeError('planted')
      },
      targetFor: () => new Uint8Array(1),
      onData() {},
      onClose() {}
    })
    near.send({ type: 'cancel', id: 1 })
    expect(await atNear.closed()).toMatchObject({ code: 'internal', remote: true })
  })
})
