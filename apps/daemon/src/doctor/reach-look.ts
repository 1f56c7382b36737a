import { formatDuration, formatSize, printable } from '@p2pshare/base'
import type { HealthCheck } from '@p2pshare/control'
import type { AddressCondition, PortMappingCondition, RelayCondition } from '@p2pshare/ports'
import { counted, type Facts, type Look, ok, problem, warning } from './check.ts'

/** Whether others can open connections to this node, and how. */
export const lookAtReach: Look = (facts) => [
  reach(facts),
  ...addresses(facts),
  nat(facts),
  ...(facts.network === 'local' ? [] : [portMapping(facts.condition.portMapping)]),
  ...facts.condition.relays.map((relay) => relayCheck(relay, facts.now)),
  relaying(facts)
]

function reach({ condition, network, hasNetwork }: Facts): HealthCheck {
  if (!hasNetwork)
    return network === 'local'
      ? warning('reach', 'This machine has no network: only programs on it reach this node.')
      : problem(
          'reach',
          'This machine has no network: no interface but loopback has an address.',
          'Connect it to a network; the node goes on by itself.'
        )
  if (condition.listening.length === 0 && condition.reach !== 'relayed')
    return problem(
      'reach',
      'This node listens nowhere, so nobody can open a connection to it.',
      'Give the option "listen" an address, such as /ip4/0.0.0.0/tcp/4001.'
    )
  if (network === 'local') return ok('reach', 'In network "local": reached from this machine and its LAN.')
  switch (condition.reach) {
    case 'direct':
      return ok('reach', 'Others can open connections to this node directly.')
    case 'relayed':
      return warning(
        'reach',
        'Others reach this node only over a relay; a direct way is then looked for.',
        'For direct connections let the router forward the TCP port, or allow UPnP or NAT-PMP on it.'
      )
    case 'none':
      return problem(
        'reach',
        'Nobody can open a connection to this node: those who tried could not.',
        'Let the router forward the TCP port that is listened on, allow UPnP or NAT-PMP on it, or use a relay.'
      )
    case 'unknown':
      return warning('reach', 'Nobody has told yet whether this node can be reached from outside.')
  }
}

const ORIGINS: Readonly<Record<AddressCondition['origin'], string>> = {
  listen: 'listened on',
  configured: 'configured',
  mapped: 'mapped by the router',
  observed: 'seen by others',
  relay: 'over a relay'
}

function addresses({ condition }: Facts): HealthCheck[] {
  return condition.addresses.map(({ address, origin, verified }) => {
    const shown = `${printable(address, 300)} (${ORIGINS[origin]})`
    if (verified === 'yes') return ok('address', `${shown} works from outside.`)
    if (verified === 'pending') return ok('address', `${shown} has not been tried from outside yet.`)
    if (verified === 'unasked') return ok('address', `${shown}.`)
    const text = `${shown} cannot be dialled from outside${origin === 'configured' ? '' : ', and is not told to others'}.`
    return origin === 'configured'
      ? warning('address', text, 'Correct it, or see that a firewall or router lets connections through.')
      : ok('address', text)
  })
}

function nat({ condition }: Facts): HealthCheck {
  switch (condition.nat) {
    case 'none':
      return ok('nat', 'There is no NAT between this node and the internet.')
    case 'endpoint-independent':
      return ok('nat', 'The router keeps ports (endpoint-independent NAT): holes can be punched.')
    case 'endpoint-dependent':
      return warning(
        'nat',
        'The router takes another port for each peer (endpoint-dependent, "symmetric" NAT): holes cannot be punched.',
        'Forward the TCP port on the router, or allow UPnP or NAT-PMP on it.'
      )
    case 'unknown':
      return ok('nat', 'The kind of NAT is not known.')
  }
}

function portMapping({ state, protocol, external, text }: PortMappingCondition): HealthCheck {
  const why = text ?? ''
  switch (state) {
    case 'off':
      return ok('port-mapping', 'The router is not asked for a port (option "port-mapping").')
    case 'searching':
      return ok('port-mapping', `A router is being looked for. ${why}`.trim())
    case 'mapped': {
      const shown = `${protocol === 'upnp' ? 'UPnP' : 'NAT-PMP'} maps ${external ?? ''}.`
      const isDouble = /double NAT/.test(why)
      if (!isDouble) return ok('port-mapping', `${shown} ${why}`.trim())
      return warning('port-mapping', `${shown} ${why}`, 'Forward the port on the outer router, too.')
    }
    case 'no-router':
      return ok('port-mapping', why)
    case 'refused':
      return warning('port-mapping', why, 'Allow port mapping for this machine on the router.')
    case 'nonsense':
      return warning('port-mapping', why, 'Restart the router, or forward the port on it by hand.')
  }
}

function relayCheck({ relay, state, expires, text }: RelayCondition, now: number): HealthCheck {
  const name = printable(relay, 128)
  const why = text === undefined ? '' : `: ${printable(text)}`
  switch (state) {
    case 'asking':
      return ok('relay', `${name} is asked for a place${why}.`)
    case 'reserved': {
      const time = expires === undefined ? '' : ` for ${formatDuration(expires - now)}`
      return ok('relay', `${name} keeps a place for this node${time}${why}.`)
    }
    case 'refused':
      return warning('relay', `${name} gives no place${why}.`)
    case 'lost':
      return warning('relay', `The place at ${name} is lost${why}.`)
  }
}

function relaying({ condition }: Facts): HealthCheck {
  const { mode, places, maxPlaces, circuits, carried, left } = condition.relaying
  if (mode === 'off') return ok('relaying', 'This node relays nothing for others.')
  const what = mode === 'signals' ? 'signals (enough to find a direct way)' : 'data'
  const budget = left === undefined ? '' : `, ${formatSize(left)} of the budget left`
  return ok(
    'relaying',
    `This node relays ${what}: ${places} of ${counted(maxPlaces, 'place')} taken, ` +
      `${counted(circuits, 'connection')} now, ${formatSize(carried)} carried${budget}.`
  )
}
