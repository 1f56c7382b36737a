import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import type { CallTaker, Network, NetworkChoice } from '../../src/index.ts'
import { REMOTE } from '../../src/limits/index.ts'
import { callerId, type DialledDaemon, dialDaemon } from '../../src/remote/index.ts'
import { loopbackNode } from '../link/swarm-node.ts'
import { recordingLog, startNode, stopAll, systemClock, until } from '../support/nodes.ts'

afterEach(stopAll)

const LOCAL = { kind: 'local' } as NetworkChoice
const KEY = new Uint8Array(32).fill(7)

/** A taker that echoes, unless the test says something else. */
function taker(parts: Partial<CallTaker> = {}): CallTaker {
  return {
    judge: () => 'take',
    take: (_, stream) => void stream.pipe(stream),
    knows: () => true,
    ...parts
  }
}

async function served(parts: Partial<CallTaker> = {}, network = LOCAL): Promise<Network> {
  const node = await startNode({ network })
  node.calls.serve(taker(parts))
  return node
}

async function keyFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'client.key')
}

async function caller(addresses: readonly string[], network = LOCAL, key?: string): Promise<DialledDaemon> {
  const parts = { keyFile: key ?? (await keyFile()), pnet: false, clock: systemClock, log: recordingLog() }
  const made = await dialDaemon({ ...parts, addresses, network })
  onTestFinished(() => made.close())
  return made
}

const callerOf = (node: Network, network = LOCAL): Promise<DialledDaemon> =>
  caller(node.network.addresses(), network)

/** Sends a text, ends, and answers all that comes back. */
async function ask(stream: Duplex, words: string): Promise<string> {
  stream.end(words)
  return text(stream)
}

const failing = (open: Promise<Duplex>): Promise<string> =>
  open.then(
    () => 'opened',
    (error: { code?: string }) => error.code ?? String(error)
  )

describe('a call', () => {
  test('goes both ways over a stream of its own, from a peer id that is proven', async () => {
    const peers: string[] = []
    const node = await served({
      take(peer, stream) {
        peers.push(peer)
        stream.pipe(stream)
      }
    })
    const daemon = await callerOf(node)
    const answers = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => ask(await daemon.open(), `call ${i}`))
    )
    expect(answers).toEqual(['call 0', 'call 1', 'call 2', 'call 3', 'call 4', 'call 5'])
    expect(peers).toEqual(Array.from({ length: 6 }, () => daemon.self))
    expect(node.network.peers()).toHaveLength(1)
  })

  test('is slowed down by who does not read, and loses nothing', async () => {
    const sent = Buffer.alloc(6 * 1024 * 1024, 'abcdefg')
    let written = 0
    const node = await served({
      take(_, stream) {
        stream.resume()
        const push = (): void => {
          while (written < sent.length) {
            const slice = sent.subarray(written, written + 65536)
            written += slice.length
            if (!stream.write(slice)) return void stream.once('drain', push)
          }
          stream.end()
        }
        push()
      }
    })
    const stream = await (await callerOf(node)).open()
    // Without somebody who reads it ends somewhere; where, only windows and buffers decide.
    let before = -1
    await until(() => {
      const still = written > 0 && written === before
      before = written
      return still
    }, 'nothing more is written')
    expect(written).toBeLessThan(sent.length / 2)
    stream.end()
    expect((await buffer(stream)).equals(sent)).toBe(true)
  })

  test('that is left by its caller ends at the daemon, and the other way round', async () => {
    const open: Duplex[] = []
    const node = await served({ take: (_, stream) => void open.push(stream.resume()) })
    const daemon = await callerOf(node)
    const left = await daemon.open()
    left.write('x')
    await until(() => open.length === 1, 'the call is there')
    left.destroy()
    await until(() => open[0]?.destroyed === true, 'the daemon sees it')
    const cut = await daemon.open()
    cut.write('x')
    cut.resume()
    await until(() => open.length === 2, 'the second call is there')
    open[1]?.destroy()
    await until(() => cut.destroyed, 'the caller sees it')
  })

  test('says when nothing comes for a time, as a socket does', async () => {
    const node = await served({ take: (_, stream) => void stream.resume() })
    const stream = await (await callerOf(node)).open()
    await new Promise<void>((resolve) => (stream as unknown as SocketLike).setTimeout(20, resolve))
    expect(stream.destroyed).toBe(false)
  })
})

interface SocketLike {
  setTimeout(delay: number, run: () => void): void
}

describe('who is not to be served', () => {
  test('gets the one answer, and nothing of what it sends is kept', async () => {
    const node = await served({ judge: () => Buffer.from('no'), take: () => expect.unreachable() })
    const daemon = await callerOf(node)
    for (let i = 0; i < 3; i++) expect(await ask(await daemon.open(), 'x'.repeat(70_000))).toBe('no')
  })

  test('or is cut off without a word, as everybody is before calls are taken', async () => {
    const node = await startNode()
    const daemon = await callerOf(node)
    await expect(ask(await daemon.open(), 'hello')).rejects.toThrow()
    node.calls.serve(taker({ judge: () => 'drop' }))
    await expect(ask(await daemon.open(), 'hello')).rejects.toThrow()
    // One that only listens learns it, too, even when the reset was quicker than the stream's own answer.
    const silent = await Promise.all(Array.from({ length: 4 }, () => daemon.open()))
    await until(() => silent.every((stream) => stream.destroyed), 'all are cut off')
  })

  test('cannot hold more refusals than there are places, nor keep others out', async () => {
    const verdicts: ('take' | Uint8Array)[] = []
    const node = await served({ judge: () => verdicts.shift() ?? 'take' })
    const strangers = await Promise.all(Array.from({ length: 3 }, () => callerOf(node)))
    for (let i = 0; i < REMOTE.refusals + 2; i++) verdicts.push(Buffer.from('no'))
    // They do not end their side, so each refusal lingers.
    const held = await Promise.all(
      Array.from({ length: REMOTE.refusals + 2 }, (_, i) => strangers[i % 3]?.open())
    )
    let answered = 0
    let cutOff = 0
    for (const stream of held) {
      stream?.once('data', () => answered++)
      if (stream?.destroyed === true) cutOff++
      else stream?.once('close', () => (cutOff += answered + cutOff < held.length ? 1 : 0))
    }
    await until(() => answered + cutOff === held.length, 'each is answered or cut off')
    expect([answered, cutOff]).toEqual([REMOTE.refusals, 2])
    expect(await ask(await (await callerOf(node)).open(), 'still here')).toBe('still here')
  })

  test('a peer has so many streams at once, over all its connections', async () => {
    const open: Duplex[] = []
    const node = await served({ take: (_, stream) => void open.push(stream.resume()) })
    const key = await keyFile()
    const daemon = await caller(node.network.addresses(), LOCAL, key)
    const all = await Promise.all(Array.from({ length: REMOTE.streamsPerPeer }, () => daemon.open()))
    await until(() => open.length === REMOTE.streamsPerPeer, 'all are there')
    const again = await caller(node.network.addresses(), LOCAL, key)
    await expect(ask(await again.open(), 'x')).rejects.toThrow()
    expect(open).toHaveLength(REMOTE.streamsPerPeer)
    all[0]?.destroy()
    await until(() => open.some((stream) => stream.destroyed), 'one place is free')
    await daemon.open()
    await until(() => open.length === REMOTE.streamsPerPeer + 1, 'it is taken')
  })
})

describe('a daemon that cannot be called', () => {
  test('is nowhere, somebody else, or none that takes calls', async () => {
    const node = await served()
    const [address = ''] = node.network.addresses()
    const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
    const somebody = address.replace(/[^/]+$/, other)
    expect(await failing((await caller([somebody])).open())).toBe('network.wrong-daemon')
    expect(await failing((await caller([`/ip4/127.0.0.1/tcp/9/p2p/${other}`])).open())).toBe(
      'network.daemon-unreachable'
    )
    const old = await loopbackNode()
    onTestFinished(() => old.stop())
    expect(await failing((await caller(old.getMultiaddrs().map(String))).open())).toBe(
      'network.no-remote-control'
    )
    expect(await failing((await caller([`/ip4/192.0.2.1/tcp/4001/p2p/${other}`])).open())).toBe(
      'network.dial-denied'
    )
    await expect(caller(['/ip4/127.0.0.1/tcp/9'])).rejects.toMatchObject({ code: 'network.bad-address' })
  })

  test('in a private network is reached with its key only', async () => {
    const family: NetworkChoice = { kind: 'private', key: KEY, name: 'family' }
    const node = await served({}, family)
    expect(await ask(await (await callerOf(node, family)).open(), 'hello')).toBe('hello')
    const stranger = await callerOf(node)
    await expect(stranger.open()).rejects.toMatchObject({
      code: 'network.daemon-unreachable',
      message: expect.stringContaining('of another network') as string
    })
  })
})

test('the key of commands is made once, for its owner only', async () => {
  const file = await keyFile()
  const first = await Promise.all(Array.from({ length: 6 }, () => callerId(file, recordingLog())))
  const [id] = first
  expect(new Set(first).size).toBe(1)
  expect(await callerId(file, recordingLog())).toBe(id)
  expect(id).toMatch(/^12D3KooW/)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})
