import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { repositoryRoot } from '../../scripts/root.mjs'

/** The parts of a package.json that the tests look at. */
export interface Manifest {
  name: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  engines?: Record<string, string>
}

/** A workspace package. */
export interface WorkspacePackage {
  /** Its short name, as in docs/architecture.md: the folder's. */
  name: string
  /** Its folder below the repository, such as `packages/base`. */
  folder: string
  manifest: Manifest
}

/** Reads a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8')
}

/** Files of the repository that match a glob, without dependencies, in order. */
export function filesMatching(pattern: string): string[] {
  return globSync(pattern, { cwd: repositoryRoot, exclude: ['**/node_modules', '.tmp', '.git'] }).sort()
}

/** Hand-written sources of all packages: what ships, without tests and generated code. */
export function sourceFiles(): string[] {
  return filesMatching('{packages,apps}/*/src/**/*.ts').filter((path) => !path.includes('/generated/'))
}

/** All workspace packages, by folder. */
export function workspacePackages(): WorkspacePackage[] {
  return filesMatching('{packages,apps}/*/package.json').map((path) => {
    const folder = path.slice(0, -'/package.json'.length)
    return { name: basename(folder), folder, manifest: JSON.parse(readText(path)) as Manifest }
  })
}

/** Short names of the workspace packages that a package.json depends on. */
export function workspaceDependencies(manifest: Manifest): string[] {
  return Object.keys(manifest.dependencies ?? {})
    .filter((name) => name.startsWith('@p2pshare/'))
    .map((name) => name.slice('@p2pshare/'.length))
    .sort()
}

/** One row of the table of packages in docs/architecture.md. */
export interface TableRow {
  folder: string
  mayImport: string[]
}

/** The table of packages in docs/architecture.md: folder, description, the packages it may import. */
export function architectureTable(): TableRow[] {
  const rows = readText('docs/architecture.md').matchAll(
    /^\| `((?:packages|apps)\/\w+)` \|[^|]*\|([^|]*)\|$/gm
  )
  return [...rows].map(([, folder = '', cell = '']) => ({
    folder,
    mayImport: cell.trim() === '–' ? [] : cell.trim().split(/\s+/).sort()
  }))
}

/** Source text without comments, each replaced by as many line breaks as it had. */
export function withoutComments(source: string): string {
  const token = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g
  return source.replace(token, (match, text?: string) => text ?? match.replace(/[^\n]/g, ''))
}

/** What a source file imports, statically or not, by type or not: the specifiers as written. */
export function importSpecifiers(source: string): string[] {
  const code = withoutComments(source)
  const statics = code.matchAll(
    /^\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm
  )
  const dynamics = code.matchAll(/\bimport\(\s*['"`]([^'"`]+)['"`]/g)
  return [...statics, ...dynamics].map((match) => match[1] ?? match[2] ?? '')
}
