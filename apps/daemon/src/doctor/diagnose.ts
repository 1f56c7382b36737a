import type { HealthCheck } from '@p2pshare/control'
import type { Facts } from './check.ts'
import { lookAtMachine } from './machine-look.ts'
import { lookAtNetwork } from './network-look.ts'
import { lookAtReach } from './reach-look.ts'

/** Checks of one answer at most; relays and addresses are bounded well below that. */
const MAX_CHECKS = 500

/** Everything that decides whether others find and reach this node, in the order of the telling. Pure. */
export function diagnose(facts: Facts): HealthCheck[] {
  return [...lookAtReach(facts), ...lookAtNetwork(facts), ...lookAtMachine(facts)].slice(0, MAX_CHECKS)
}

/** Whether the node can do its work: warnings do not count. */
export function isUsable(checks: readonly HealthCheck[]): boolean {
  return checks.every(({ level }) => level !== 'problem')
}
