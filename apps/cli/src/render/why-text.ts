import { formatDuration, printable } from '@p2pshare/base'
import type { WhyAnswer, WhyDial, WhyFindingView, WhySource } from '@p2pshare/control'
import { OUTCOMES, SOURCES } from './phase-text.ts'

/** Peers that are listed; all are in the JSON. */
const MOST_DIALS = 10

const MARKS: Readonly<Record<WhyFindingView['weight'], string>> = { stops: '✗', slows: '!', fine: '·' }

/** Everything that `why` answers: findings, then what each source said, then the peers that were found. */
export function whyText(answer: WhyAnswer): string {
  const name = answer.name === '' || answer.name === answer.cid ? '' : `${printable(answer.name)}, `
  const lines = [`${name}${answer.state}`, ...answer.findings.flatMap(findingLines)]
  const asked = answer.sources.filter(({ state }) => state !== 'not-asked')
  if (answer.state === 'fetching' && asked.length > 0) lines.push('', 'asked:', ...asked.map(sourceLine))
  const dials = answer.state === 'fetching' ? answer.dials : []
  if (dials.length > 0) lines.push('', 'peers found:', ...dials.slice(0, MOST_DIALS).map(dialLine))
  if (dials.length > MOST_DIALS) lines.push(`  and ${dials.length - MOST_DIALS} more; see --json`)
  return lines.join('\n')
}

/** One finding in the words that `fetch` uses too: what is so, and what comes next. */
export function findingText({ text, next, inSeconds }: WhyFindingView): string {
  return `${printable(text, 1000)}${nextText(next, inSeconds)}`
}

function findingLines(finding: WhyFindingView): string[] {
  const lines = [`${MARKS[finding.weight]} ${findingText(finding)}`]
  if (finding.action !== null) lines.push(`  → ${printable(finding.action, 500)}`)
  return lines
}

function nextText(next: string | null, inSeconds: number | null): string {
  if (next === null) return inSeconds === null ? '' : ` Next try ${when(inSeconds)}.`
  const words = printable(next, 500)
  return inSeconds === null ? ` ${words}` : ` ${words.replace(/\.$/, '')} ${when(inSeconds)}.`
}

function sourceLine({ source, state, providers, askedAgo, nextInSeconds, text }: WhySource): string {
  const said = state === 'asking' ? `being asked, since ${ago(askedAgo)}` : STATES[state]
  const count = state === 'found' ? ` (${providers})` : ''
  const next = nextInSeconds === null ? '' : `, again ${when(nextInSeconds)}`
  return `  ${SOURCES[source]}: ${said}${count}${text === null ? '' : ` (${printable(text, 120)})`}${next}`
}

const STATES: Readonly<Record<WhySource['state'], string>> = {
  ...OUTCOMES,
  off: 'off',
  'not-asked': 'not asked',
  asking: 'being asked'
}

function dialLine({ peerId, source, outcome, failures, nextInSeconds, text }: WhyDial): string {
  const tries = failures > 1 ? `, ${failures} times in a row` : ''
  const next = nextInSeconds === null ? '' : `, again ${when(nextInSeconds)}`
  const why = text === null ? '' : ` (${printable(text, 160)})`
  return `  ${printable(peerId)} from ${SOURCES[source]}: ${outcome}${tries}${why}${next}`
}

const when = (seconds: number): string => (seconds === 0 ? 'now' : `in ${formatDuration(seconds * 1000)}`)
const ago = (seconds: number | null): string =>
  seconds === null ? 'now' : `${formatDuration(seconds * 1000)}`
