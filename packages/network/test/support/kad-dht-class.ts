import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PeerId } from '@libp2p/interface'
import type { KadBucket } from '../../src/dht/kad-internals.ts'

const entry = createRequire(import.meta.url).resolve('@libp2p/kad-dht')
const load = (file: string): Promise<unknown> => import(pathToFileURL(join(dirname(entry), file)).href)

/** kad-dht's class, which it does not export. */
export const { KadDHT } = (await load('kad-dht.js')) as {
  KadDHT: { prototype: { provide: () => unknown } }
}

interface Contact {
  peerId: PeerId
  kadId: Uint8Array
}

/** The tree of its routing table. */
export const { KBucket } = (await load('routing-table/k-bucket.js')) as {
  KBucket: new (
    components: { peerId: PeerId },
    options: {
      ping: () => AsyncGenerator<Contact>
      verify: () => Promise<boolean>
      onAdd: () => Promise<void>
      onRemove: (peer: Contact) => Promise<void>
    }
  ) => {
    root: KadBucket
    start(): Promise<void>
    add(peer: PeerId): Promise<void>
    remove(kadId: Uint8Array): Promise<void>
    count(): number
    toIterable(): Iterable<Contact>
  }
}
