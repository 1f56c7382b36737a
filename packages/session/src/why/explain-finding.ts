import type { DialOutcome, DialReport, SourceReport } from '../finding/finding-report.ts'
import type { WhyFacts } from './why-facts.ts'
import { counted, earliest, type WhyFinding } from './why-finding.ts'

/** How sources are called in sentences. */
export const SOURCE_WORDS: Readonly<Record<SourceReport['source'], string>> = {
  hint: 'the addresses of the link',
  known: 'peers of an earlier run',
  neighbours: 'connected peers',
  mdns: 'the local network (mDNS)',
  exchange: 'other peers of the share',
  'lan-dht': 'the local DHT',
  'amino-dht': 'the public DHT',
  'private-dht': 'the private DHT'
}

/** Outcomes of dials that mean that a peer was named and could not be reached. */
const UNREACHED: readonly (readonly [DialOutcome, string])[] = [
  ['timed-out', 'did not answer'],
  ['refused', 'refused the connection'],
  ['unreachable', 'cannot be routed to from here'],
  ['behind-nat', 'are behind a NAT'],
  ['no-name', 'have a name that DNS does not resolve'],
  ['wrong-peer', 'are somebody else by now'],
  ['failed', 'failed'],
  ['not-a-swarm-peer', 'run another program'],
  ['banned', 'are banned or outside this network']
]

/** What looking for peers has come to, while a share is fetched. */
export function explainFinding(facts: WhyFacts): WhyFinding[] {
  const lonely = facts.peers.length === 0
  const weight = lonely ? 'stops' : facts.need === 'enough' ? 'fine' : 'slows'
  return [
    ...(lonely ? noNetwork(facts) : []),
    ...dials(facts, weight),
    ...(facts.need === 'enough' ? [] : searches(facts, weight)),
    ...hintsLeftOut(facts)
  ]
}

function noNetwork({ condition, mdns }: WhyFacts): WhyFinding[] {
  const { connections, bootstrap, listening } = condition
  if (connections.total > 0) return []
  if (bootstrap.given > 0 && bootstrap.connected === 0) {
    return [
      {
        code: 'bootstrap-silent',
        weight: 'stops',
        text: `This node is connected to nobody; none of ${counted(bootstrap.given, 'bootstrap peer')} answers${bootstrap.text === undefined ? '' : ` (${bootstrap.text})`}.`,
        next: 'They are tried again within 30 s.',
        action: "Check this machine's network; see `p2pshare doctor`."
      }
    ]
  }
  return [
    {
      code: 'no-network',
      weight: 'stops',
      text: `This node is connected to nobody${bootstrap.given === 0 ? ', and no bootstrap peers are given' : ''}${listening.length === 0 ? ', and it listens on no address' : ''}.`,
      next: mdns ? 'Peers of the local network are listened for.' : undefined,
      action:
        'Name a peer with `p2pshare connect`, in the link or in the option "bootstrap"; see `p2pshare doctor`.'
    }
  ]
}

/** Peers that were named and are of no use, by what was wrong. */
function dials({ finding, now }: WhyFacts, weight: WhyFinding['weight']): WhyFinding[] {
  const groups = new Map<DialOutcome, DialReport[]>()
  for (const dial of finding.dials) groups.set(dial.outcome, [...(groups.get(dial.outcome) ?? []), dial])
  const unreached = UNREACHED.flatMap(([outcome]) => groups.get(outcome) ?? [])
  const silentDns = (groups.get('no-name') ?? []).filter(({ text }) => text?.includes('DNS') === true)
  const lacking = groups.get('lacks-share') ?? []
  return [
    ...(silentDns.length > 0 ? [dnsSilent(silentDns, weight)] : []),
    ...(unreached.length > 0 ? [unreachable(groups, unreached, weight, now)] : []),
    ...(lacking.length > 0 ? [lacksShare(lacking, weight)] : [])
  ]
}

function dnsSilent(dials: readonly DialReport[], weight: WhyFinding['weight']): WhyFinding {
  return {
    code: 'dns-silent',
    weight,
    text: `Names in addresses could not be resolved: ${dials[0]?.text ?? ''}.`,
    nextAt: earliest(dials.map(({ nextAt }) => nextAt)),
    action: 'Check the name service of this machine, or give addresses with numbers.'
  }
}

function lacksShare(dials: readonly DialReport[], weight: WhyFinding['weight']): WhyFinding {
  const [was, does] = dials.length === 1 ? ['was', 'does'] : ['were', 'do']
  return {
    code: 'lacks-share',
    weight: weight === 'stops' ? 'stops' : 'fine',
    text: `${counted(dials.length, 'peer')} that ${was} asked ${does} not serve it now${reasonsOf(dials)}.`,
    next: 'They are asked again after all others.',
    nextAt: earliest(dials.map(({ nextAt }) => nextAt))
  }
}

function unreachable(
  groups: ReadonlyMap<DialOutcome, readonly DialReport[]>,
  unreached: readonly DialReport[],
  weight: WhyFinding['weight'],
  now: number
): WhyFinding {
  const parts = UNREACHED.flatMap(([outcome, words]) => {
    const count = groups.get(outcome)?.length ?? 0
    return count === 0 ? [] : [`${count} ${words}`]
  })
  const nextAt = earliest(unreached.map((dial) => dial.nextAt))
  const hidden = groups.get('behind-nat')?.length === unreached.length
  return {
    code: hidden ? 'behind-nat' : 'unreachable-peers',
    weight,
    text: `${counted(unreached.length, 'peer was', 'peers were')} found and not reached: ${parts.join(', ')}.`,
    next:
      nextAt === undefined
        ? undefined
        : nextAt <= now
          ? 'They are dialled again now.'
          : 'They are dialled again.',
    nextAt,
    action: 'Check that the other side runs and can be reached; `p2pshare doctor` shows how this node stands.'
  }
}

function reasonsOf(dials: readonly DialReport[]): string {
  const reasons = [...new Set(dials.flatMap(({ text }) => (text === undefined ? [] : [text])))].slice(0, 3)
  return reasons.length === 0 ? '' : ` (${reasons.map((reason) => REFUSALS[reason] ?? reason).join(', ')})`
}

/** Reasons of the protocol in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  'unknown-share': 'they have nothing of it',
  paused: 'paused there',
  busy: 'busy',
  unavailable: 'in trouble there'
}

/** What each place that was asked said. */
function searches({ finding, peers, now }: WhyFacts, weight: WhyFinding['weight']): WhyFinding[] {
  const dhts = finding.sources.filter(({ source }) => source.endsWith('-dht'))
  const nextAt = earliest(dhts.map((source) => source.nextAt))
  const named = peers.length > 0 || finding.dials.some(({ outcome }) => outcome !== 'lacks-share')
  const asked = dhts.filter(({ state }) => state !== 'not-asked' && state !== 'off')
  const findings: WhyFinding[] = []
  const without = asked.filter(({ state }) => state === 'no-servers')
  const silent = asked.filter(({ state }) => state === 'timed-out' || state === 'failed')
  if (without.length > 0)
    findings.push(sourceFinding('no-dht-server', weight, without, 'has no server that we know', nextAt))
  if (silent.length > 0) findings.push(sourceFinding('dht-silent', weight, silent, 'did not answer', nextAt))
  const nobody = asked.filter(({ state }) => state === 'nobody')
  if (nobody.length > 0 && nobody.length === asked.length && !named) {
    findings.push({
      code: 'nobody-has-it',
      weight,
      text: `${listOf(nobody)} ${nobody.length === 1 ? 'names' : 'name'} nobody who has it: whoever shared it is offline, or the hash is a wrong one.`,
      next: 'It is asked again.',
      nextAt,
      action: 'Check the hash, and that the other side runs `p2pshare daemon` on the same network.'
    })
  }
  const asking = finding.sources.filter(({ state }) => state === 'asking')
  if (findings.length === 0) findings.push(searching(asking, nextAt, peers.length, now))
  return findings
}

function sourceFinding(
  code: WhyFinding['code'],
  weight: WhyFinding['weight'],
  sources: readonly SourceReport[],
  words: string,
  nextAt: WhyFinding['nextAt']
): WhyFinding {
  const text = sources.find((source) => source.text !== undefined)?.text
  return {
    code,
    weight,
    text: `${listOf(sources)} ${words}${text === undefined ? '' : ` (${text})`}.`,
    next: 'It is asked again.',
    nextAt,
    action:
      code === 'no-dht-server'
        ? 'Give bootstrap peers, or a link with addresses; see `p2pshare doctor`.'
        : undefined
  }
}

function searching(
  asking: readonly SourceReport[],
  nextAt: number | undefined,
  peers: number,
  now: number
): WhyFinding {
  const where = asking.length > 0 ? listOf(asking) : 'every source'
  const state =
    asking.length > 0
      ? `${where} ${asking.length === 1 ? 'is' : 'are'} being asked`
      : 'All sources have been asked'
  return {
    code: 'searching',
    weight: peers === 0 ? 'slows' : 'fine',
    text: `${state} for ${peers === 0 ? '' : 'more '}peers.`,
    next: nextAt === undefined || nextAt <= now ? undefined : 'The next search begins.',
    nextAt: nextAt as WhyFinding['nextAt']
  }
}

function hintsLeftOut({ finding }: WhyFacts): WhyFinding[] {
  const { given, leftOut } = finding.hints
  if (leftOut === 0) return []
  const text = finding.sources.find(({ source }) => source === 'hint')?.text
  return [
    {
      code: 'hints-left-out',
      weight: given === leftOut ? 'slows' : 'fine',
      text: `${leftOut} of ${counted(given, 'address', 'addresses')} in the link ${leftOut === 1 ? 'is' : 'are'} not used${text === undefined ? '' : ` (${text})`}.`,
      action: given === leftOut ? 'Ask for a link with addresses that can be reached from here.' : undefined
    }
  ]
}

/** `The local DHT and the public DHT`. */
function listOf(sources: readonly SourceReport[]): string {
  const text = sources.map(({ source }) => SOURCE_WORDS[source]).join(' and ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
