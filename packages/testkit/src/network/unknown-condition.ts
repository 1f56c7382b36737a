import type { NetworkCondition } from '@p2pshare/ports'

/** A condition of which nothing is known yet. */
export function unknownCondition(): NetworkCondition {
  return {
    listening: [],
    reach: 'unknown',
    nat: 'unknown',
    addresses: [],
    portMapping: {
      protocol: 'none',
      state: 'off',
      internalPort: undefined,
      external: undefined,
      text: undefined
    },
    relays: [],
    relaying: { mode: 'off', places: 0, maxPlaces: 0, circuits: 0, carried: 0, left: undefined },
    dhts: [],
    connections: { total: 0, inbound: 0, relayed: 0, pending: 0, max: 0 },
    bootstrap: { given: 0, connected: 0, text: undefined },
    clockOffset: undefined,
    troubles: []
  }
}
