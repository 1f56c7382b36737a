import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const entry = createRequire(import.meta.url).resolve('@libp2p/kad-dht')

/** kad-dht's class, which it does not export. */
export const { KadDHT } = (await import(pathToFileURL(join(dirname(entry), 'kad-dht.js')).href)) as {
  KadDHT: { prototype: { provide: () => unknown } }
}
