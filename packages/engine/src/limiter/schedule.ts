/** Minutes of a day. */
export const DAY_MINUTES = 24 * 60
/** All seven days, bit 0 = Sunday. */
export const EVERY_DAY = 0b111_1111

/** When the alternative limits hold, in local wall time (Transmission: alt-speed-time-begin, -end, -day). */
export interface LimitSchedule {
  /** First minute of the day, 0 … 1439. */
  readonly from: number
  /** First minute that is out again; not after `from` = of the next day, equal = a whole day. */
  readonly to: number
  /** Days on which the time begins, bit 0 = Sunday … bit 6 = Saturday; at least one. */
  readonly days: number
}

/** A point of the week in local wall time. */
export interface WeekTime {
  /** Minute of the day, 0 … 1439. */
  readonly minute: number
  /** 0 = Sunday … 6 = Saturday. */
  readonly weekday: number
}

/**
 * Whether the time lies in the schedule. A time over midnight belongs to the day on which it
 * begins. Since only the wall clock's reading counts, a change to or from summer time makes the
 * time an hour shorter or longer, never shifted.
 */
export function inSchedule(schedule: LimitSchedule, { minute, weekday }: WeekTime): boolean {
  const { from, to, days } = schedule
  const today = begins(days, weekday)
  if (from < to) return today && minute >= from && minute < to
  return (today && minute >= from) || (begins(days, (weekday + 6) % 7) && minute < to)
}

function begins(days: number, weekday: number): boolean {
  return (days & (1 << weekday)) !== 0
}
