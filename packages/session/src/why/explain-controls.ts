import { formatSpan } from '@p2pshare/base'
import { ratioText } from '@p2pshare/engine'
import type { WhyFacts } from './why-facts.ts'
import { counted, type WhyFinding } from './why-finding.ts'

/** It waits for its turn to be fetched. */
export function queued({ turn }: WhyFacts): WhyFinding {
  if (turn === undefined)
    return { code: 'queued', weight: 'stops', text: 'It waits for its turn.', next: 'It begins by itself.' }
  const { place, of, running, limit } = turn
  const most = limit === undefined ? '' : `, at most ${limit} at once`
  return {
    code: 'queued',
    weight: 'stops',
    text: `It waits for its turn at place ${place} of ${of} in the queue; ${counted(running, 'fetch runs', 'fetches run')}${most}.`,
    next: 'It begins by itself when those before it are done, paused, or stalled for a minute.',
    action:
      'Start it regardless with `p2pshare resume --now`, move it with `p2pshare queue <hash> --first`, or let more run at once with `p2pshare config set activeFetches`.'
  }
}

/** It is paused: by hand, or since it was seeded enough. */
export function paused({ stopping }: WhyFacts): WhyFinding {
  const { stopped } = stopping
  if (stopped === undefined)
    return { code: 'paused', weight: 'stops', text: 'It is paused.', action: 'Go on with `p2pshare resume`.' }
  return {
    code: 'seeded-enough',
    weight: 'fine',
    text: `It was seeded enough and is paused: ${stopped}.`,
    action:
      'Seed it on with `p2pshare resume`, which switches its rules off, or set others with `p2pshare stop-when`.'
  }
}

/** What is so beside its work: its place in the queue, a check of its pieces, and the end of seeding. */
export function waitsBeside({ turn, check, stopping, state }: WhyFacts): WhyFinding[] {
  const findings: WhyFinding[] = []
  if (turn?.stalled === true && turn.of > 1 && state === 'fetching')
    findings.push({
      code: 'stalled',
      weight: 'fine',
      text: 'Little or nothing has come in for a minute: it goes on, but takes no place in the queue.',
      next: 'Others are fetched beside it.'
    })
  if (check !== undefined)
    findings.push({
      code: 'check-queued',
      weight: 'fine',
      text: `It ${check}; until then it goes on as before.`,
      next: 'It is verified when those before it are.'
    })
  const rules = ruleWords(stopping)
  if (state === 'seeding' && rules !== undefined)
    findings.push({
      code: 'stops-when',
      weight: 'fine',
      text: `It stops seeding by itself ${rules}.`,
      action: 'Change that with `p2pshare stop-when`.'
    })
  return findings
}

/** When a share stops and how far it is, such as `at ratio 2.0 (0.31 now)`; undefined = never. */
function ruleWords({ inForce, ratio, seeded, replicas }: WhyFacts['stopping']): string | undefined {
  const ends: string[] = []
  if (inForce.ratio !== null)
    ends.push(`at ratio ${ratioText(inForce.ratio)} (${ratioText(Math.floor((ratio ?? 0) * 100) / 100)} now)`)
  if (inForce.time !== null) ends.push(`after ${formatSpan(inForce.time)} (${formatSpan(seeded)} now)`)
  const first = ends.join(' or ')
  if (inForce.replicas === null) return first === '' ? undefined : first
  const floor = `once ${counted(inForce.replicas, 'other has', 'others have')} all of it (${replicas} seen within a day)`
  return first === '' ? floor : `${first}, but not before ${floor.slice('once '.length)}`
}
