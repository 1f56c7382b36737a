import { z } from 'zod'
import { count } from './share.ts'

const peer = z.string().max(128)
const text = z.string().max(1000).optional()

const addressCondition = z.object({
  address: z.string(),
  origin: z.enum(['listen', 'configured', 'mapped', 'observed', 'relay']),
  verified: z.enum(['yes', 'no', 'pending', 'unasked'])
})

/** Where the node stands in its network, as numbers and words for programs; what is not known is left out. */
const networkCondition = z.object({
  listening: z.array(z.string()),
  reach: z.enum(['direct', 'relayed', 'none', 'unknown']),
  nat: z.enum(['none', 'endpoint-independent', 'endpoint-dependent', 'unknown']),
  addresses: z.array(addressCondition).max(64),
  portMapping: z.object({
    protocol: z.enum(['upnp', 'nat-pmp', 'none']),
    state: z.enum(['off', 'searching', 'mapped', 'no-router', 'refused', 'nonsense']),
    internalPort: count.optional(),
    external: z.string().optional(),
    text
  }),
  relays: z.array(
    z.object({
      relay: peer,
      state: z.enum(['asking', 'reserved', 'refused', 'lost']),
      /** Wall time, ms. */
      expires: z.number().optional(),
      text
    })
  ),
  relaying: z.object({
    mode: z.enum(['off', 'signals', 'data']),
    places: count,
    maxPlaces: count,
    circuits: count,
    carried: count,
    left: count.optional()
  }),
  dhts: z.array(
    z.object({
      source: z.enum(['lan-dht', 'amino-dht', 'private-dht']),
      mode: z.enum(['server', 'client']),
      servers: count,
      estimatedSize: z.number().optional(),
      records: count
    })
  ),
  connections: z.object({ total: count, inbound: count, relayed: count, pending: count, max: count }),
  bootstrap: z.object({ given: count, connected: count, text }),
  /** Ms that this machine's clock is ahead of that of other peers. */
  clockOffset: z.number().optional(),
  troubles: z.array(z.string())
})

/** One thing that was looked at. */
const healthCheck = z.object({
  name: z.enum([
    'daemon',
    'reach',
    'address',
    'nat',
    'port-mapping',
    'relay',
    'relaying',
    'dht',
    'connections',
    'bootstrap',
    'clock',
    'disk',
    'limits',
    'trouble'
  ]),
  level: z.enum(['ok', 'warning', 'problem']),
  /** One sentence; may hold words of routers and peers, escaped. */
  text: z.string(),
  /** What to do. */
  advice: z.string().optional()
})
/** See {@link healthCheck}. */
export type HealthCheck = z.infer<typeof healthCheck>

/** Answer of `doctor`: what was looked at, and the same as data. */
export const diagnosis = z.object({
  running: z.literal(true),
  /** No problem was found; warnings are none. */
  usable: z.boolean(),
  version: z.string(),
  peerId: z.string(),
  network: z.string(),
  checks: z.array(healthCheck).max(500),
  condition: networkCondition
})
/** See {@link diagnosis}. */
export type Diagnosis = z.infer<typeof diagnosis>
