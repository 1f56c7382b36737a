import type { ConfigValue } from './config-value.ts'

/** A member of the outermost object: where it begins, and where its value lies. */
interface Member {
  key: string
  start: number
  valueStart: number
  end: number
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g

/**
 * Sets one member of a JSON object and leaves every other character as it is; a new one goes to the end, indented
 * as the first.
 * @param text - a valid JSON object
 */
export function setMember(text: string, key: string, value: ConfigValue): string {
  const written = Array.isArray(value)
    ? `[${value.map((one) => JSON.stringify(one)).join(', ')}]`
    : JSON.stringify(value)
  const members = membersOf(text)
  // Of two members with one name, readers take the last.
  const member = members.findLast((one) => one.key === key)
  if (member !== undefined) return text.slice(0, member.valueStart) + written + text.slice(member.end)
  const added = `${JSON.stringify(key)}: ${written}`
  const last = members.at(-1)
  if (last === undefined) return `{\n  ${added}\n}\n`
  const gap = text.slice(text.indexOf('{') + 1, members[0]?.start) || ' '
  return `${text.slice(0, last.end)},${gap}${added}${text.slice(last.end)}`
}

/** Takes every member of that name away, with its comma. @param text - a valid JSON object */
export function removeMember(text: string, key: string): string {
  const members = membersOf(text)
  const at = members.findLastIndex((one) => one.key === key)
  const member = members[at]
  if (member === undefined) return text
  const next = members[at + 1]
  const from = next === undefined ? (members[at - 1]?.end ?? member.start) : member.start
  const rest = text.slice(0, from) + text.slice(next?.start ?? member.end)
  return removeMember(rest, key)
}

function membersOf(text: string): Member[] {
  const members: Member[] = []
  let depth = 0
  /** What is read, and how far: its name, the colon, its value. */
  let open: Member | undefined
  let stage: 'name' | 'colon' | 'value' = 'name'
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (depth === 1 && (token === ',' || token === '}')) {
      open = undefined
      stage = 'name'
    } else if (depth === 1 && stage === 'name') {
      open = { key: String(JSON.parse(token)), start: index, valueStart: -1, end: index }
      members.push(open)
      stage = 'colon'
    } else if (open !== undefined && stage === 'colon') stage = 'value'
    else if (open !== undefined) take(open, index, index + token.length)
    depth += DEPTH[token] ?? 0
  }
  return members
}

const DEPTH: Readonly<Record<string, number>> = { '{': 1, '[': 1, '}': -1, ']': -1 }

/** One more token of its value. */
function take(member: Member, start: number, end: number): void {
  if (member.valueStart < 0) member.valueStart = start
  member.end = end
}
