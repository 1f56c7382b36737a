import type { Upgrader } from '@libp2p/interface'

/** What libp2p's upgrader is at run time. */
interface OpenUpgrader extends Upgrader {
  connectionEncrypters: Map<string, unknown>
}

/**
 * The same upgrader with noise as its only way to encrypt: TLS works on sockets of its own, and a relayed connection
 * has none.
 */
export function noiseOnly(upgrader: Upgrader): Upgrader {
  const { connectionEncrypters } = upgrader as OpenUpgrader
  const noise = new Map([...connectionEncrypters].filter(([protocol]) => protocol === '/noise'))
  return Object.create(upgrader, { connectionEncrypters: { value: noise } }) as Upgrader
}
