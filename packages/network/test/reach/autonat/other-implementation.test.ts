import { autoNATv2 } from '@libp2p/autonat-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { type Connection, start } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { millis, seededRng } from '@p2pshare/base'
import { expect, onTestFinished, test } from 'vitest'
import { DialBackClient } from '../../../src/reach/autonat/dial-back-client.ts'
import { DialBackServer } from '../../../src/reach/autonat/dial-back-server.ts'
import { DIAL_REQUEST } from '../../../src/reach/autonat/message.ts'
import { recordingLog } from '../../support/nodes.ts'
import { connectionTo, Handlers } from './asked-peer.ts'

const OURS = '/ip4/5.5.1.2/tcp/4001'
const signal = new AbortController().signal
const newPeer = async (): ReturnType<typeof Promise.resolve<ReturnType<typeof peerIdFromPrivateKey>>> =>
  peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

/** The AutoNAT v2 of js-libp2p on handlers of a test. */
async function stock(
  parts: object
): Promise<{ handlers: Handlers; onPeer: (connection: Connection) => void }> {
  const handlers = new Handlers()
  const seen: { onConnect?: (peer: unknown, connection: Connection) => void } = {}
  const log = Object.assign(() => undefined, { error: () => undefined, trace: () => undefined })
  const service = autoNATv2()({
    logger: { forComponent: () => log },
    registrar: {
      handle: (protocol: string, handler: never) => handlers.handle(protocol, handler),
      unhandle: async () => undefined,
      register: async (_: string, topology: typeof seen) => void Object.assign(seen, topology)
    },
    randomWalk: { walk: () => [] },
    ...parts
  } as never)
  await start(service)
  onTestFinished(() => (service as { stop(): Promise<void> }).stop())
  return { handlers, onPeer: (connection) => seen.onConnect?.(connection.remotePeer, connection) }
}

test('we are told by js-libp2p which address works, data for a dial elsewhere included', async () => {
  const [us, them] = [await newPeer(), await newPeer()]
  const asker = new Handlers()
  const client = new DialBackClient(asker as never)
  client.start()
  const arriving = connectionTo({ peer: them, address: '/ip4/5.5.2.2/tcp/999' }, undefined, {
    direction: 'inbound'
  })
  const { handlers } = await stock({
    connectionManager: {
      isDialable: async () => true,
      openConnection: async (address: unknown) => {
        if (String(address) !== OURS) throw new Error('refused')
        return connectionTo({ peer: us, address: OURS }, { handlers: asker, seesUs: arriving })
      }
    }
  })
  const ask = (from: string, address: string): Promise<string> => {
    const seesUs = connectionTo({ peer: us, address: from }, undefined)
    const connection = connectionTo({ peer: them, address: '/ip4/5.5.2.2/tcp/4001' }, { handlers, seesUs })
    return client.ask(connection, address, 0, signal)
  }
  expect(await ask('/ip4/5.5.1.2/tcp/35000', OURS)).toBe('works')
  expect(await ask('/ip4/5.5.7.7/tcp/35000', OURS)).toBe('works')
  expect(await ask('/ip4/5.5.1.2/tcp/35000', '/ip4/5.5.1.2/tcp/4002')).toBe('fails')
})

test('js-libp2p is told by us', async () => {
  const [us, them] = [await newPeer(), await newPeer()]
  const server = new Handlers()
  const confirmed = Promise.withResolvers<string>()
  const arriving = connectionTo({ peer: us, address: '/ip4/5.5.2.2/tcp/999' }, undefined, {
    direction: 'inbound'
  })
  const { handlers, onPeer } = await stock({
    peerStore: { get: async () => ({ addresses: [] }) },
    connectionManager: { getConnections: () => [], getMaxConnections: () => 100 },
    addressManager: {
      getAddressesWithMetadata: () => [
        { multiaddr: multiaddr(OURS), type: 'transport', verified: false, expires: 0 }
      ],
      confirmObservedAddr: (address: unknown) => confirmed.resolve(String(address))
    }
  })
  const clock = { now: () => millis(0), wallTime: () => 0, after: () => () => undefined }
  const transport = {
    dial: async () => connectionTo({ peer: them, address: OURS }, { handlers, seesUs: arriving })
  }
  const log = recordingLog()
  new DialBackServer({ libp2p: server as never, transport, clock, rng: seededRng(1) }).start()
  const seesThem = connectionTo({ peer: them, address: '/ip4/5.5.1.2/tcp/35000' }, undefined)
  onPeer(
    connectionTo({ peer: us, address: '/ip4/5.5.2.2/tcp/4001' }, { handlers: server, seesUs: seesThem }, {
      log: Object.assign(() => undefined, log)
    } as never)
  )
  expect(await confirmed.promise).toBe(OURS)
  expect(server.byProtocol.has(DIAL_REQUEST)).toBe(true)
})
