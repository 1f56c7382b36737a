import { printable } from '@p2pshare/base'
import type { Diagnosis, HealthCheck } from '@p2pshare/control'

const WORDS: Readonly<Record<HealthCheck['level'], string>> = {
  ok: 'ok',
  warning: 'warning',
  problem: 'PROBLEM'
}

/** What was looked at, a line each, what to do below it, and the sum of it at the end. */
export function doctorText({ checks }: Pick<Diagnosis, 'checks'>): string {
  const level = Math.max(...checks.map((check) => WORDS[check.level].length))
  const name = Math.max(...checks.map((check) => check.name.length))
  const lines = checks.flatMap((check) => {
    const head = `${WORDS[check.level].padEnd(level)}  ${check.name.padEnd(name)}`
    const text = `${head}  ${printable(check.text, 1000)}`
    return check.advice === undefined
      ? [text]
      : [text, `${' '.repeat(head.length)}  → ${printable(check.advice, 500)}`]
  })
  return [...lines, '', sum(checks)].join('\n')
}

function sum(checks: readonly HealthCheck[]): string {
  const count = (level: HealthCheck['level']): number => checks.filter((each) => each.level === level).length
  const [problems, warnings] = [count('problem'), count('warning')]
  const words = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`
  if (problems > 0) return `${words(problems, 'problem')}, ${words(warnings, 'warning')}.`
  return warnings > 0 ? `Usable, with ${words(warnings, 'warning')}.` : 'All is well.'
}
