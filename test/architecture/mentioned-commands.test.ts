import { expect, test } from 'vitest'
import { type Command, optionsOf } from '../../apps/cli/src/command.ts'
import { COMMANDS } from '../../apps/cli/src/registry.ts'
import { filesMatching, readText, sourceFiles } from './repository.ts'

/** `p2pshare` with what follows it on the line, up to what ends an example. */
const MENTION = /(?<![\w./@-])p2pshare ([a-z][a-z-]*(?:[ \t][^\n`;|)]*)?)/g
/** Words that follow `p2pshare` in sources where it is no command: in comments, and in what keys are derived from. */
const PROSE =
  /^(?:again|command|decides|does|is|itself|needs|node|noise|private|that|wrote|network fingerprint)$/

const commands = new Map<string, Command>()
const groups = new Set<string>()
for (const node of COMMANDS) {
  if ('load' in node) commands.set(node.name, await node.load())
  else {
    groups.add(node.name)
    for (const inner of node.commands) commands.set(`${node.name} ${inner.name}`, await inner.load())
  }
}

/** What is wrong with a command line as a text shows it; undefined when nothing is. */
function mistake(line: string): string | undefined {
  const [first = '', second = ''] = line.split(/[ \t]+/)
  if (first === 'help') return undefined
  if (groups.has(first) && !/^[a-z]/.test(second)) return undefined
  const name = groups.has(first) ? `${first} ${second.replace(/\W+$/, '')}` : first
  const command = commands.get(name)
  if (command === undefined) return PROSE.test(name) ? undefined : `no command ${name}`
  const unknown = optionsIn(line.split(/p2pshare|#| — |\. /)[0] ?? '').find(
    (option) => option !== 'help' && !Object.keys(optionsOf(command)).includes(option.replace(/^no-/, ''))
  )
  return unknown === undefined ? undefined : `no option --${unknown} of ${name}`
}

/** Long options in a text, without their dashes. */
function optionsIn(text: string): string[] {
  return [...text.matchAll(/(?<=[ '`])--([a-z][a-z-]*)/g)].map(([, name = '']) => name)
}

/** What a document shows as code, where words follow `p2pshare` only as on a command line; a source as it is. */
function codeOf(path: string): string {
  const text = readText(path)
  if (!path.endsWith('.md')) return text
  return [...text.matchAll(/^```[\s\S]*?^```|`[^`\n]+`/gm)].map(([code]) => code).join('\n')
}

function mistakesIn(path: string): string[] {
  return [...codeOf(path).matchAll(MENTION)].flatMap(([, line = '']) => {
    const wrong = mistake(line)
    return wrong === undefined ? [] : [`${path}: ${wrong} (${line.slice(0, 60)})`]
  })
}

test('every command and option that sources and documents name is there', () => {
  const documents = filesMatching('{README.md,CHANGELOG.md,CONTRIBUTING.md,docs/**/*.md}')
  expect([...sourceFiles(), ...documents].flatMap(mistakesIn)).toEqual([])
})

test('every option that docs/errors.md names belongs to a command', () => {
  const known = new Set([...commands.values()].flatMap((command) => Object.keys(optionsOf(command))))
  const named = optionsIn(readText('docs/errors.md'))
  expect(named.filter((name) => name !== 'help' && !known.has(name))).toEqual([])
})

test.each([
  ['fecth bafk… -o x', 'no command fecth'],
  ['daemon dance', 'no command daemon dance'],
  ['fetch bafk… --sleect x', 'no option --sleect of fetch'],
  ['daemon list --qr', 'no option --qr of daemon list'],
  ['fetch <hash> --no-adopt --timeout 5s', undefined],
  ['list --help. See --that', undefined],
  ['does not know', undefined]
])('%s: %s', (line, wrong) => {
  expect(mistake(line)).toBe(wrong)
})
