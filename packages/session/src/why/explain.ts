import { paused, queued, waitsBeside } from './explain-controls.ts'
import { explainFinding } from './explain-finding.ts'
import { explainPeers } from './explain-peers.ts'
import type { HoldKind } from '../share/share-trouble.ts'
import type { WhyFacts } from './why-facts.ts'
import { counted, type WhyFinding } from './why-finding.ts'

/** Order of weights in an answer. */
const WEIGHTS: readonly WhyFinding['weight'][] = ['stops', 'slows', 'fine']

/**
 * Why a share is where it is: what keeps it, what comes next, what the user can do; the most important first. There
 * is an answer for every state, also where all is well. Pure.
 */
export function explain(facts: WhyFacts): WhyFinding[] {
  const held = heldUp(facts)
  const findings =
    held !== undefined
      ? [held]
      : facts.complete || facts.state === 'seeding'
        ? seeding(facts)
        : fetching(facts)
  findings.push(...waitsBeside(facts))
  if (facts.banned > 0 && facts.state !== 'paused') findings.push(bannedPeers(facts))
  // Within a weight the order above counts: sorting is stable.
  return findings.sort((a, b) => WEIGHTS.indexOf(a.weight) - WEIGHTS.indexOf(b.weight))
}

/** The answer for a hash of which this node has nothing. */
export function explainUnknown(cid: string): WhyFinding {
  return {
    code: 'unknown-share',
    weight: 'stops',
    text: `This node has no share ${cid}: it is neither fetched nor seeded here.`,
    action: `Get it with \`p2pshare fetch ${cid}\`; see \`p2pshare list\` for what is here.`
  }
}

/** What keeps the share from any work. */
function heldUp(facts: WhyFacts): WhyFinding | undefined {
  const { state, stage } = facts
  if (facts.hold !== undefined) return held(facts.hold)
  if (state === 'error') return failed(facts)
  if (state === 'paused') return paused(facts)
  if (state === 'queued') return queued(facts)
  if (stage === 'checking' || state === 'checking') return checking(facts)
  if (stage !== 'opening' && stage !== 'finishing') return undefined
  const opening = 'Its files are being looked at.'
  const finishing = finishingText(facts)
  const text = stage === 'opening' ? opening : finishing
  return { code: 'finishing', weight: 'fine', text, next: 'It goes on by itself.' }
}

/** Where part files have a folder of their own, all may have to move to another disk. */
function finishingText({ checked }: WhyFacts): string {
  if (checked === undefined) return 'All is here and is being made safe on disk.'
  return `All is here and is copied to the disk of its target: ${checked.done} of ${checked.total} pieces.`
}

function failed({ failure, reason }: WhyFacts): WhyFinding {
  return {
    code: 'failed',
    weight: 'stops',
    text: `It failed: ${failure?.message ?? reason ?? 'for an unknown reason'}.`,
    action: failure?.hint ?? 'Try again with `p2pshare resume`.'
  }
}

/** What passes by itself: what it is, how it is found out, and what the user can do. */
function held({ kind, message, hint }: NonNullable<WhyFacts['hold']>): WhyFinding {
  return {
    code: kind,
    weight: 'stops',
    text: `It waits. ${capital(message)}.`,
    next: NEXT[kind],
    action: hint
  }
}

const NEXT: Readonly<Record<HoldKind, string>> = {
  'disk-full': 'Free space is looked at every 5 s.',
  'read-only': 'It is looked at every 5 s.',
  device: 'It is tried again after 30 s.',
  offline: 'It is looked for every 10 s.',
  missing: 'It is looked for every 10 s.'
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

function checking({ checked }: WhyFacts): WhyFinding {
  const part = checked === undefined ? '' : `: ${checked.done} of ${checked.total}`
  const text = `Its pieces on disk are being verified${part}.`
  return { code: 'checking', weight: 'fine', text, next: 'It goes on by itself.' }
}

function seeding(facts: WhyFacts): WhyFinding[] {
  const { peers, announced, condition, complete } = facts
  const wanting = peers.filter(({ interested }) => interested).length
  const what = complete ? 'Seeding' : 'Seeding what was selected'
  const findings: WhyFinding[] = [
    {
      code: 'seeding',
      weight: 'fine',
      text: `${what}, ${counted(peers.length, 'peer')}${wanting > 0 ? `, ${wanting} of them fetching` : ''}; nothing to wait for.`
    }
  ]
  if (announced !== undefined && announced.announced < announced.total) {
    findings.push({
      code: 'announcing',
      weight: 'slows',
      text: `${announced.announced} of ${announced.total} keys are announced in the DHT; others may not find the rest yet.`,
      next: 'Announcing goes on by itself.'
    })
  }
  if (condition.reach === 'none' || condition.listening.length === 0) {
    findings.push({
      code: 'not-reachable',
      weight: 'slows',
      text: 'Others cannot open a connection to this node; it serves those that it connects to.',
      action: 'See `p2pshare doctor`.'
    })
  }
  return [...findings, ...limited(facts, 'up')]
}

function fetching(facts: WhyFacts): WhyFinding[] {
  return [...explainPeers(facts), ...explainFinding(facts), ...limited(facts, 'down')]
}

/** Limits in force, and whether they are what holds the rate down. */
function limited({ limits, ...facts }: WhyFacts, way: 'up' | 'down'): WhyFinding[] {
  const set = limits.filter((limit) => limit[way] !== null).sort((a, b) => (a[way] ?? 0) - (b[way] ?? 0))
  const [tightest] = set
  const most = tightest?.[way]
  if (tightest === undefined || most === undefined || most === null) return []
  const rate = way === 'up' ? facts.rateUp : facts.rateDown
  const reached = rate >= 0.8 * most
  return [
    {
      code: 'limited',
      weight: reached ? 'slows' : 'fine',
      text: `The ${way === 'up' ? 'upload' : 'download'} limit of the ${tightest.of} is ${most} bytes/s${reached ? ', and it is reached' : ''}.`,
      action: reached ? 'Change it with `p2pshare limit`.' : undefined
    }
  ]
}

function bannedPeers({ banned }: WhyFacts): WhyFinding {
  return {
    code: 'banned-peers',
    weight: 'fine',
    text: `${counted(banned, 'peer is', 'peers are')} banned by this node after wrong data or other harm.`,
    next: 'A ban ends by itself.'
  }
}
