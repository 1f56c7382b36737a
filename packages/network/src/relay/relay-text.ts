import { formatSize } from '@p2pshare/base'
import type { RelayingCondition, RelaySettings } from '@p2pshare/ports'

/** What {@link relayText} goes by. */
export interface RelayFacts {
  settings: RelaySettings
  mode: RelayingCondition['mode']
  /** Whether others can open connections to the node. */
  reachable: boolean
  /** Wall time, ms. */
  resetsAt: number
}

/** Why a node relays what it relays, for people. */
export function relayText(facts: RelayFacts): string {
  const text = sentence(facts)
  const idle = facts.settings.choice !== 'auto' && facts.mode !== 'off' && !facts.reachable
  return idle ? `${text} No address is known under which strangers reach this node, though.` : text
}

function sentence({ settings: { choice, budget }, mode, resetsAt }: RelayFacts): string {
  if (choice === 'off') return 'Relaying is switched off.'
  if (choice === 'auto')
    return mode === 'off'
      ? 'Nobody is known to reach this node from outside, so it relays for nobody.'
      : 'Others can reach this node, so it relays signals: enough to find a direct way.'
  if (choice === 'signals') return 'Signals are relayed: enough to find a direct way.'
  const { bytes, period } = budget
  if (mode === 'data')
    return bytes === null
      ? 'Data is relayed without a budget.'
      : `Data is relayed, ${formatSize(bytes)} a ${period} at most.`
  const until = new Date(resetsAt).toISOString().slice(0, 16).replace('T', ' ')
  return `The budget of ${formatSize(bytes ?? 0)} a ${period} is used up; only signals are relayed until ${until} UTC.`
}
