import type { HealthCheck } from '@p2pshare/control'
import type { NetworkCondition } from '@p2pshare/ports'

/** Free bytes for downloads at a place, or why they are not known. */
export interface DiskFact {
  /** What lies there, for people: `downloads`. */
  what: string
  path: string
  /** Bytes left for us; undefined when the place cannot be looked at. */
  free: number | undefined
  /** Why not, in a few words. */
  error: string | undefined
}

/** All that a diagnosis is made from. */
export interface Facts {
  condition: NetworkCondition
  /** `public`, `local` or a key file. */
  network: string
  /** Whether the machine has an address beyond loopback. */
  hasNetwork: boolean
  version: string
  /** What the daemon warns of anyway. */
  warnings: readonly string[]
  disks: readonly DiskFact[]
  /** Rates in force, bytes a second; null = none. */
  limits: { up: number | null; down: number | null }
  /** Wall time, ms. */
  now: number
}

/** A look at one side of the node; pure. */
export type Look = (facts: Facts) => HealthCheck[]

/** A finding that is as it should be. */
export const ok = (name: HealthCheck['name'], text: string): HealthCheck => ({ name, level: 'ok', text })

/** A finding that may matter; the node is usable. */
export const warning = (name: HealthCheck['name'], text: string, advice?: string): HealthCheck => ({
  name,
  level: 'warning',
  text,
  ...(advice === undefined ? {} : { advice })
})

/** A finding that keeps the node from its work. */
export const problem = (name: HealthCheck['name'], text: string, advice: string): HealthCheck => ({
  name,
  level: 'problem',
  text,
  advice
})

/** `1 peer`, `2 peers`. */
export const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
