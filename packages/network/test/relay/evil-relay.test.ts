import { varintField } from '../../src/dht/protobuf.ts'
import { type Evil, evilRelay } from '../support/evil-relay.ts'
import { stopRawPeers } from '../support/raw-peer.ts'
import { afterEach, expect, test } from 'vitest'
import { askHop, connectionTo, stockClient, stopClients } from './relay-client.ts'

afterEach(async () => {
  await stopClients()
  await stopRawPeers()
})

test.each<[Evil, number]>([
  ['refuses', 200],
  ['no-place-behind', 100],
  ['expired', 100],
  ['addresses', 100]
])('the relay that lies (%s) answers a wish for a place as it should', async (evil, status) => {
  const relay = await evilRelay(evil)
  const client = await stockClient()
  const connection = await connectionTo(client, relay.getMultiaddrs()[0]?.toString() ?? '')
  expect((await askHop(connection, varintField(1, 0))).status).toBe(status)
})
