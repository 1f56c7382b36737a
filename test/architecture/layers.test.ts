import { describe, expect, test } from 'vitest'
import {
  architectureTable,
  filesMatching,
  importSpecifiers,
  readText,
  sourceFiles,
  workspaceDependencies,
  workspacePackages
} from './repository.ts'

const table = new Map(architectureTable().map((row) => [row.folder, row.mayImport]))

/** The package that an import names: `@scope/name` or `name`, without a path below. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function bareImports(path: string): string[] {
  const all = importSpecifiers(readText(path))
  return all.filter((specifier) => !/^(\.|node:)/.test(specifier)).map(packageOf)
}

describe('the table of packages in docs/architecture.md', () => {
  test('names every workspace package, and no other', () => {
    expect([...table.keys()].sort()).toEqual(workspacePackages().map(({ folder }) => folder))
  })

  test.each(workspacePackages())('$folder depends on what the table says', ({ folder, manifest }) => {
    expect(workspaceDependencies(manifest)).toEqual(table.get(folder))
  })

  test('has no cycle', () => {
    const importers = new Map([...table].map(([folder, imports]) => [folder.split('/')[1] ?? '', imports]))
    const reach = (name: string, path: readonly string[]): void => {
      expect(path, `${[...path, name].join(' → ')}`).not.toContain(name)
      for (const next of importers.get(name) ?? []) reach(next, [...path, name])
    }
    for (const name of importers.keys()) reach(name, [])
  })
})

describe('imports', () => {
  test.each(workspacePackages())('of $folder are dependencies of it', ({ folder, manifest }) => {
    const declared = new Set(Object.keys(manifest.dependencies ?? {}))
    const undeclared = filesMatching(`${folder}/{src,bin}/**/*.{ts,js}`)
      .flatMap((path) => bareImports(path).map((name) => ({ path, name })))
      .filter(({ name }) => !declared.has(name))
    expect(undeclared).toEqual([])
  })

  test('of the daemon by the command line happen in two files, when they are needed', () => {
    const importers = filesMatching('apps/cli/src/**/*.ts').filter((path) =>
      bareImports(path).includes('@p2pshare/daemon')
    )
    expect(importers.sort()).toEqual([
      'apps/cli/src/commands/daemon-run.ts',
      'apps/cli/src/daemon/dial-remote.ts'
    ])
    for (const path of importers) {
      expect(readText(path)).toMatch(/await import\(\s*'@p2pshare\/daemon(\/remote)?'/)
      expect(readText(path)).not.toMatch(/^import [^;\n]*'@p2pshare\/daemon/m)
    }
  })

  test('of libp2p happen in packages/network only', () => {
    const outside = sourceFiles().filter((path) => !path.startsWith('packages/network/'))
    const importers = outside.filter((path) =>
      bareImports(path).some((name) => /^(libp2p|@libp2p\/.*|@chainsafe\/libp2p-.*)$/.test(name))
    )
    expect(importers).toEqual([])
  })
})
