import type { RelayChange, Relaying, RelaySettings, RelayStatus } from '@p2pshare/ports'

/** A node that relays for nobody; keeps what it is told. */
export function noRelaying(): Relaying {
  let settings: RelaySettings = {
    choice: 'auto',
    budget: { bytes: null, period: 'day' },
    rate: null,
    places: null
  }
  const take = (change: RelayChange): void => {
    const given = Object.entries(change).filter(([, value]) => value !== undefined)
    settings = { ...settings, ...Object.fromEntries(given) }
  }
  return {
    status: () => statusOf(settings),
    change: take,
    configure: take,
    preferMembers: () => undefined
  }
}

function statusOf(settings: RelaySettings): RelayStatus {
  return {
    mode: 'off',
    places: 0,
    maxPlaces: 0,
    circuits: 0,
    carried: 0,
    left: undefined,
    settings,
    text: 'A network in memory has no relays.',
    memberPlaces: 0,
    spent: 0,
    resetsAt: 0,
    signalsLeft: 0,
    relayed: 0,
    refused: {},
    ended: {}
  }
}
