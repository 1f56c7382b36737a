import type { ByteRate } from '@p2pshare/base'
import {
  type AlternativeLimits,
  type LimitRequest,
  type Limits,
  type LimitsInForce,
  WEEKDAYS
} from '@p2pshare/control'
import type { Alternative, Session } from '@p2pshare/session'

/**
 * Sets the limits that a request names and answers what is set then.
 * @throws ShareError `session.unknown-share`, `session.too-many-limits`
 */
export function changeLimits(session: Session, request: LimitRequest): Limits {
  const { limits } = session
  const { ref, peer, includeLan, alternative } = request
  const change = { up: rateOf(request.up), down: rateOf(request.down), includeLan }
  if (peer !== undefined) {
    limits.changeOf('peer', peer, change)
    return { ...limits.of('peer', peer), includeLan: true }
  }
  if (ref !== undefined) {
    const { cid } = session.share(ref)
    limits.changeOf('share', cid, change)
    const own = limits.of('share', cid)
    return { ...own, includeLan: own.includeLan || limits.node.includeLan }
  }
  const asked = [...Object.values(change), alternative].some((value) => value !== undefined)
  if (asked)
    limits.change({
      ...change,
      alternative: alternative && alternativeChange(alternative, limits.node.alternative)
    })
  const { alternative: set, ...pair } = limits.node
  return { ...pair, inForce: limitsInForce(session), alternative: alternativeView(set) }
}

/** What holds for the daemon now. */
export function limitsInForce(session: Session): LimitsInForce {
  const { up, down, includeLan, why } = session.limits.inForce
  return { up, down, includeLan, why }
}

function alternativeChange(
  { up, down, mode, from, to, days }: NonNullable<LimitRequest['alternative']>,
  { schedule }: Alternative
): Partial<Alternative> {
  return {
    ...(up === undefined ? {} : { up: up as ByteRate | null }),
    ...(down === undefined ? {} : { down: down as ByteRate | null }),
    ...(mode === undefined ? {} : { mode }),
    schedule: {
      from: from === undefined ? schedule.from : minuteOf(from),
      to: to === undefined ? schedule.to : minuteOf(to),
      days:
        days === undefined
          ? schedule.days
          : WEEKDAYS.reduce((bits, day, i) => bits | (days.includes(day) ? 1 << i : 0), 0)
    }
  }
}

function alternativeView({ schedule, ...rest }: Alternative): AlternativeLimits {
  const days = WEEKDAYS.filter((_, i) => (schedule.days & (1 << i)) !== 0)
  return { ...rest, from: clockText(schedule.from), to: clockText(schedule.to), days }
}

function minuteOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return hours * 60 + minutes
}

function clockText(minute: number): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}

const rateOf = (rate: number | null | undefined): ByteRate | null | undefined =>
  rate as ByteRate | null | undefined
