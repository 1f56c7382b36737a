import type { NetworkCondition } from '@p2pshare/ports'
import type { Facts } from '../../src/doctor/check.ts'

/** A node on the internet with which all is well; tests change what they look at. */
export function healthy(more: Partial<NetworkCondition> = {}, facts: Partial<Facts> = {}): Facts {
  return {
    condition: {
      listening: ['/ip4/192.168.1.7/tcp/4001'],
      reach: 'direct',
      nat: 'endpoint-independent',
      addresses: [
        { address: '/ip4/5.5.1.2/tcp/4001', origin: 'mapped', verified: 'yes' },
        { address: '/ip4/192.168.1.7/tcp/4001', origin: 'listen', verified: 'unasked' }
      ],
      portMapping: {
        protocol: 'nat-pmp',
        state: 'mapped',
        internalPort: 4001,
        external: '/ip4/5.5.1.2/tcp/4001',
        text: undefined
      },
      relays: [],
      relaying: { mode: 'signals', places: 1, maxPlaces: 64, circuits: 0, carried: 2048, left: 1024 ** 3 },
      dhts: [
        { source: 'lan-dht', mode: 'server', servers: 0, estimatedSize: undefined, records: 0 },
        { source: 'amino-dht', mode: 'server', servers: 180, estimatedSize: 9412.3, records: 1200 }
      ],
      connections: { total: 40, inbound: 12, relayed: 0, pending: 1, max: 200 },
      bootstrap: { given: 5, connected: 4, text: undefined },
      clockOffset: 120 as NetworkCondition['clockOffset'],
      troubles: [],
      ...more
    },
    network: 'public',
    hasNetwork: true,
    version: '0.1.0',
    warnings: [],
    disks: [
      { what: 'downloads', path: '/home/ada/Downloads', free: 120 * 1024 ** 3, error: undefined },
      { what: "the daemon's home", path: '/home/ada/.p2pshare', free: 120 * 1024 ** 3, error: undefined }
    ],
    limits: { up: 2_000_000, down: null },
    now: 1_000_000,
    ...facts
  }
}
