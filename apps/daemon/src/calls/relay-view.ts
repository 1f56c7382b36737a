import type { RelayRequest, RelayView } from '@p2pshare/control'
import type { DaemonConfig } from '@p2pshare/control/config'
import type { RelayChange, Relaying } from '@p2pshare/ports'

/** What the configuration says about relaying. */
export function relayChoice(config: DaemonConfig): RelayChange {
  return {
    choice: config.relay,
    budget: config.relayBudget,
    rate: config.relayRate,
    places: config.relayPlaces
  }
}

/** Changes what a request names, and answers how this node relays then. */
export function changeRelay(relaying: Relaying, { choice, budget, rate, places }: RelayRequest): RelayView {
  const change = { choice, budget, rate, places }
  if (Object.values(change).some((value) => value !== undefined)) relaying.change(change)
  return relayView(relaying)
}

function relayView(relaying: Relaying): RelayView {
  const { settings, left, spent, resetsAt, ...status } = relaying.status()
  const { bytes, period } = settings.budget
  return {
    ...status,
    choice: settings.choice,
    rate: settings.rate,
    budget: {
      bytes,
      period,
      spent,
      left: bytes === null ? null : Math.max(0, bytes - spent),
      resetsAt
    }
  }
}
