import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runTool } from '../../scripts/tool/run-tool.ts'
import { architectureTable, readText } from './repository.ts'

/** A file that must not pass, and the rule that has to say so. */
interface Planted {
  what: string
  path: string
  source: string
  rule: string
}

const IMPORTS = 'eslint(no-restricted-imports)'
const GLOBALS = 'eslint(no-restricted-globals)'
const PURE = ['base', 'content', 'wire', 'engine']
const ENGINE_PARTS = ['picker', 'choker', 'pipeline', 'limiter', 'trust', 'dialing', 'upload', 'index']

const table = architectureTable()
const names = table.map(({ folder }) => folder.split('/')[1] ?? '')
const packageName = (name: string): string => (name === 'cli' ? 'p2pshare' : `@p2pshare/${name}`)

/** Every arrow between packages, allowed or not. */
const arrows = table.flatMap(({ folder, mayImport }) =>
  names
    .filter((to) => !folder.endsWith(`/${to}`))
    .map((to) => ({
      folder,
      to,
      // Only commands/daemon-run.ts may load the daemon; layers.test.ts sees to it that it does so late.
      allowed: mayImport.includes(to) && !(folder === 'apps/cli' && to === 'daemon'),
      path: `${folder}/src/to-${to}.ts`
    }))
)

const libp2pImports = ['libp2p', '@libp2p/kad-dht', '@chainsafe/libp2p-noise']
const forbidden: Planted[] = [
  ...arrows
    .filter(({ allowed }) => !allowed)
    .map(({ folder, to, path }) => ({
      what: `${folder} → ${to}`,
      path,
      source: `import type { X } from '${packageName(to)}'\nexport type Y = X\n`,
      rule: IMPORTS
    })),
  ...table
    .filter(({ folder }) => folder !== 'packages/network')
    .flatMap(({ folder }) =>
      libp2pImports.map((name, i) => ({
        what: `${folder} → ${name}`,
        path: `${folder}/src/libp2p-${i}.ts`,
        source: `import type { X } from '${name}'\nexport type Y = X\n`,
        rule: IMPORTS
      }))
    ),
  ...PURE.flatMap((name): Planted[] => [
    pure(
      name,
      'node:fs',
      "import { readFileSync } from 'node:fs'\nexport const a = readFileSync\n",
      'import(no-nodejs-modules)'
    ),
    pure(name, 'Date.now', 'export const a = Date.now()\n', GLOBALS),
    pure(name, 'new Date', 'export const a = new Date()\n', GLOBALS),
    pure(name, 'setTimeout', 'setTimeout(() => undefined, 1)\n', GLOBALS),
    pure(name, 'console', "console.log('x')\n", GLOBALS),
    pure(name, 'crypto', 'export const a = crypto.subtle\n', GLOBALS),
    pure(name, 'TextEncoder', 'export const a = new TextEncoder()\n', GLOBALS),
    pure(name, 'Math.random', 'export const a = Math.random()\n', 'eslint(no-restricted-properties)')
  ]),
  ...ENGINE_PARTS.map((part, i) => ({
    what: `engine/${part} → another part`,
    path: `packages/engine/src/${part}/planted.ts`,
    source: `import type { X } from '../${ENGINE_PARTS[(i + 1) % ENGINE_PARTS.length]}/planted.ts'\nexport type Y = X\n`,
    rule: IMPORTS
  })),
  ...ENGINE_PARTS.map((part) => ({
    what: `engine/${part} → swarm`,
    path: `packages/engine/src/${part}/planted-swarm.ts`,
    source: "import type { X } from '../swarm/swarm.ts'\nexport type Y = X\n",
    rule: IMPORTS
  })),
  {
    what: 'a package by its path',
    path: 'packages/session/src/by-path.ts',
    source: "import { X } from '../../../packages/base/src/index.ts'\nexport const a = X\n",
    rule: IMPORTS
  },
  {
    what: 'a file inside another package',
    path: 'packages/session/src/deep.ts',
    source: "import { X } from '@p2pshare/base/src/units.ts'\nexport const a = X\n",
    rule: IMPORTS
  },
  {
    what: 'two files in a cycle',
    path: 'packages/session/src/cycle-a.ts',
    source: "import { b } from './cycle-b.ts'\nexport const a = (): number => b()\n",
    rule: 'import(no-cycle)'
  },
  {
    what: 'a promise that nobody waits for',
    path: 'packages/session/src/floating.ts',
    source: 'const work = async (): Promise<void> => undefined\nexport function f(): void {\n  work()\n}\n',
    rule: 'typescript(no-floating-promises)'
  },
  {
    what: 'a file of 401 lines',
    path: 'packages/session/src/long-file.ts',
    source: `${Array.from({ length: 401 }, (_, i) => `export const a${i} = ${i}`).join('\n')}\n`,
    rule: 'eslint(max-lines)'
  },
  {
    what: 'a function of 61 lines',
    path: 'packages/session/src/long-function.ts',
    source: `export function f(): void {\n${'  f()\n'.repeat(59)}}\n`.replace('f()\n}', 'f()\n  f()\n}'),
    rule: 'eslint(max-lines-per-function)'
  },
  {
    what: 'a function of complexity 13',
    path: 'packages/session/src/tangled.ts',
    source: `export function f(n: number): number {\n${Array.from({ length: 12 }, (_, i) => `  if (n === ${i}) return ${i}\n`).join('')}  return n\n}\n`,
    rule: 'eslint(complexity)'
  }
]

const clean: Record<string, string> = {
  'packages/session/src/cycle-b.ts': "import { a } from './cycle-a.ts'\nexport const b = (): number => a()\n",
  'packages/engine/src/swarm/compose.ts':
    "import type { X } from '../picker/planted.ts'\nexport type Z = X\n",
  ...Object.fromEntries(
    arrows
      .filter(({ allowed }) => allowed)
      .map(({ to, path }) => [path, `import type { X } from '${packageName(to)}'\nexport type Y = X\n`])
  )
}

function pure(name: string, what: string, source: string, rule: string): Planted {
  return {
    what: `${what} in ${name}`,
    path: `packages/${name}/src/planted-${what.replace(/\W/g, '-')}.ts`,
    source,
    rule
  }
}

describe('the linter', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'p2pshare-planted-'))
  /** Rules that spoke, by file. */
  const found = new Map<string, string[]>()

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(scratch, path)), { recursive: true })
    writeFileSync(join(scratch, path), text)
  }

  beforeAll(async () => {
    write('.oxlintrc.json', readText('.oxlintrc.json'))
    write('tsconfig.json', readText('tsconfig.base.json'))
    for (const { path, source } of forbidden) write(path, source)
    for (const [path, source] of Object.entries(clean)) write(path, source)
    const { output } = await runTool('oxlint', ['-c', '.oxlintrc.json', '-f', 'json', '.'], { cwd: scratch })
    const report = JSON.parse(output.slice(output.indexOf('{'))) as {
      diagnostics: { code: string; filename: string }[]
    }
    for (const { code, filename } of report.diagnostics) {
      found.set(filename, [...(found.get(filename) ?? []), code])
    }
  })

  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  test.each(forbidden)('finds $what', ({ path, rule }) => {
    expect(found.get(path) ?? []).toContain(rule)
  })

  test('has nothing against the arrows of the table, nor against swarm/ composing', () => {
    const rejected = Object.keys(clean).filter((path) => (found.get(path) ?? []).includes(IMPORTS))
    expect(rejected).toEqual([])
  })
})
