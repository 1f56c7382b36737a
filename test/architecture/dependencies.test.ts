import { describe, expect, test } from 'vitest'
import { satisfies } from '../../scripts/node-version.mjs'
import { importSpecifiers, readText, sourceFiles, workspacePackages } from './repository.ts'

/** An entry of package-lock.json. */
interface LockEntry {
  version?: string
  link?: boolean
  name?: string
  hasInstallScript?: boolean
}

const lock = (JSON.parse(readText('package-lock.json')) as { packages: Record<string, LockEntry> }).packages
const root = JSON.parse(readText('package.json')) as {
  engines: { node: string }
  optionalDependencies: Record<string, string>
  dependencies?: Record<string, string>
}

/** Every installed copy of a package, whatever depends on it. */
function copies(name: string): { path: string; version: string }[] {
  return Object.entries(lock)
    .filter(
      ([path, entry]) => entry.link !== true && (path.endsWith(`node_modules/${name}`) || entry.name === name)
    )
    .map(([path, entry]) => ({ path, version: entry.version ?? '0.0.0' }))
}

describe('package-lock.json', () => {
  // Below these, a peer can end the process (js-libp2p #3512) or fill the disk (CVE-2026-45783).
  test.each([
    ['libp2p', '3.3.3'],
    ['@libp2p/utils', '7.2.2'],
    ['@libp2p/kad-dht', '16.2.6']
  ])('has %s at %s or newer, in every copy', (name, minimum) => {
    expect(copies(name).length).toBeGreaterThan(0)
    expect(copies(name).filter(({ version }) => !satisfies(version, `>=${minimum}`))).toEqual([])
  })

  test('brings no gossipsub, which an unsigned frame can exhaust (CVE-2026-46679)', () => {
    expect(Object.keys(lock).filter((path) => path.includes('gossipsub'))).toEqual([])
  })

  test('has no package that runs a script when it is installed', () => {
    const scripted = Object.entries(lock).filter(([, entry]) => entry.hasInstallScript === true)
    expect(scripted.map(([path]) => path)).toEqual([])
  })

  test('agrees with every package.json about the dependencies of this repository', () => {
    const locked = lock as Record<string, { dependencies?: Record<string, string> }>
    for (const { folder, manifest } of workspacePackages()) {
      expect(locked[folder]?.dependencies ?? {}, folder).toEqual(manifest.dependencies ?? {})
    }
  })
})

describe('the pinned Node', () => {
  test('is one version on all platforms, and one that engines allows', () => {
    const versions = Object.entries(root.optionalDependencies).filter(([name]) => name.startsWith('node-'))
    expect(versions).toHaveLength(5)
    expect(new Set(versions.map(([, version]) => version))).toEqual(new Set(['26.10.0']))
    expect(satisfies('26.10.0', root.engines.node)).toBe(true)
  })

  test('runs this test', () => {
    expect(satisfies(process.versions.node, root.engines.node)).toBe(true)
  })

  test.each([
    ['20.20.2', false],
    ['24.14.9', false],
    ['24.15.0', true],
    ['24.99.0', true],
    ['25.9.0', false],
    ['26.0.0', true],
    ['27.1.0', true]
  ])('engines and Node %s: %s', (version, expected) => {
    expect(satisfies(version, root.engines.node)).toBe(expected)
  })
})

describe('the packages that this project is built on', () => {
  const imported = new Set(sourceFiles().flatMap((path) => importSpecifiers(readText(path))))
  const dependencies = workspacePackages().flatMap(({ manifest }) => Object.keys(manifest.dependencies ?? {}))

  test.each(['libp2p', '@chainsafe/libp2p-noise', '@libp2p/kad-dht', 'it-pipe', 'uint8arrays', 'yargs'])(
    '%s is a dependency, and is imported where it belongs',
    (name) => {
      expect(dependencies).toContain(name)
      expect([...imported].some((specifier) => specifier === name || specifier.startsWith(`${name}/`))).toBe(
        true
      )
    }
  )
})
