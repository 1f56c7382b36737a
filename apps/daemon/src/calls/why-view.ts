import { printable } from '@p2pshare/base'
import { canonicalCid, parseShareRef } from '@p2pshare/content'
import type { WhyAnswer, WhyFindingView } from '@p2pshare/control'
import { explainUnknown, type Session, type WhyFinding, type WhyReport } from '@p2pshare/session'

/** Longest sentence that is passed on, characters; a peer's words may be in it. */
const MAX_TEXT = 1000

/**
 * Why a share is where it is, in the API's words: times as seconds from now.
 * @throws ShareError `content.malformed-link`
 */
export function whyView(session: Session, ref: string): WhyAnswer {
  const cid = canonicalCid(parseShareRef(ref).root)
  const driver = session.shares().find((each) => each.cid === cid)
  if (driver === undefined)
    return {
      cid,
      name: '',
      state: 'unknown',
      findings: [findingView(explainUnknown(cid), 0)],
      sources: [],
      dials: []
    }
  const report = session.why(driver)
  const findings = report.findings.map((finding) => findingView(finding, report.now))
  return { cid, name: driver.record.name, state: driver.state.state, findings, ...findingOf(report) }
}

function findingView(finding: WhyFinding, now: number): WhyFindingView {
  const { code, weight, text, next, nextAt, action } = finding
  return {
    code,
    weight,
    text: text.slice(0, MAX_TEXT),
    next: next ?? null,
    inSeconds: secondsTo(nextAt, now),
    action: action ?? null
  }
}

function findingOf({ finding, now }: WhyReport): Pick<WhyAnswer, 'sources' | 'dials'> {
  return {
    sources: finding.sources.map(({ source, state, providers, askedAt, answeredAt, nextAt, text }) => ({
      source,
      state,
      providers,
      askedAgo: secondsSince(askedAt, now),
      answeredAgo: secondsSince(answeredAt, now),
      nextInSeconds: secondsTo(nextAt, now),
      text: shown(text)
    })),
    dials: finding.dials.map(({ peer, source, addresses, outcome, failures, nextAt, text }) => ({
      peerId: printable(peer),
      source,
      addresses: addresses.map((address) => printable(address)),
      outcome,
      failures,
      nextInSeconds: secondsTo(nextAt, now),
      text: shown(text)
    }))
  }
}

const shown = (text: string | undefined): string | null =>
  text === undefined ? null : printable(text, MAX_TEXT)

/** Rounded up: what is due is due. */
function secondsTo(at: number | undefined, now: number): number | null {
  return at === undefined ? null : Math.max(0, Math.ceil((at - now) / 1000))
}

function secondsSince(at: number | undefined, now: number): number | null {
  return at === undefined ? null : Math.max(0, Math.round((now - at) / 1000))
}
