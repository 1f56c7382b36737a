import { formatDuration, printable } from '@p2pshare/base'
import type { HealthCheck } from '@p2pshare/control'
import type { DhtCondition } from '@p2pshare/ports'
import { counted, type Facts, type Look, ok, problem, warning } from './check.ts'

/** Whether this node finds others: DHTs, connections, first peers, clock, and what is wrong with its place. */
export const lookAtNetwork: Look = (facts) => [
  ...facts.condition.dhts.map((dht) => dhtCheck(dht, facts)),
  connections(facts),
  bootstrap(facts),
  clock(facts),
  ...facts.condition.troubles.map((text) =>
    problem('trouble', printable(text, 500), 'See docs/reaching.md for what to do.')
  ),
  ...facts.warnings
    .filter((text) => !facts.condition.troubles.includes(text))
    .map((text) => warning('trouble', printable(text, 500)))
]

const DHTS: Readonly<Record<DhtCondition['source'], string>> = {
  'lan-dht': 'Local DHT',
  'amino-dht': 'Public DHT',
  'private-dht': 'Private DHT'
}

function dhtCheck(dht: DhtCondition, { condition }: Facts): HealthCheck {
  const name = DHTS[dht.source]
  if (dht.servers === 0) {
    if (dht.source === 'lan-dht') return ok('dht', `${name}: nobody else is known on the local network.`)
    const advice = 'See the line "bootstrap"; the search goes on by itself.'
    const text = `${name}: no server is known, so nothing is found or announced there.`
    return condition.connections.total === 0 ? problem('dht', text, advice) : warning('dht', text, advice)
  }
  const size =
    dht.estimatedSize === undefined ? '' : `, about ${Math.round(dht.estimatedSize)} in the whole DHT`
  const mode = dht.mode === 'server' ? `server, keeps ${counted(dht.records, 'record')}` : 'client'
  return ok('dht', `${name}: ${mode}; ${counted(dht.servers, 'server')} known${size}.`)
}

function connections({ condition, network }: Facts): HealthCheck {
  const { total, inbound, relayed, pending, max } = condition.connections
  if (total === 0 && network !== 'local') return warning('connections', 'Nobody is connected.')
  const parts = [`${inbound} from outside`, `${relayed} over relays`, `${pending} in the making`]
  return ok('connections', `${total} of ${max} connections: ${parts.join(', ')}.`)
}

function bootstrap({ condition }: Facts): HealthCheck {
  const { given, connected, text } = condition.bootstrap
  if (given === 0) return ok('bootstrap', 'No first peers are configured.')
  if (connected > 0) return ok('bootstrap', `${connected} of ${counted(given, 'first peer')} connected.`)
  const why = text === undefined ? '' : ` The last failure: ${printable(text)}.`
  const advice = 'Check the network, and the option "bootstrap": its peers may be gone.'
  return condition.connections.total === 0
    ? problem('bootstrap', `None of ${counted(given, 'first peer')} can be reached.${why}`, advice)
    : ok('bootstrap', `None of ${counted(given, 'first peer')} connected; others are.${why}`)
}

/** Clocks of ordinary machines are that good without any care. */
const GOOD_CLOCK = 60_000

function clock({ condition }: Facts): HealthCheck {
  const offset = condition.clockOffset
  if (offset === undefined) return ok('clock', 'Too few peers have told their time to judge the clock by.')
  const size = formatDuration(Math.abs(offset))
  if (Math.abs(offset) < GOOD_CLOCK)
    return ok('clock', `The clock agrees with that of peers (${size} apart).`)
  return warning(
    'clock',
    `This machine's clock is probably wrong: about ${size} ${offset > 0 ? 'ahead of' : 'behind'} that of peers.`,
    'Set it, best by NTP. Transfers work all the same.'
  )
}
