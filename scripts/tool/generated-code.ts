import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../root.mjs'

/** The package whose code is generated from a schema. */
const WIRE = join(repositoryRoot, 'packages', 'wire')
const GENERATED = join('src', 'generated')
/** Kept outside the generated folder, which buf empties. */
const FINGERPRINT = join(repositoryRoot, 'scripts', 'generated.json')

/** What the generated code was made of and what came out: SHA-256 in hex by path below the package. */
export type Fingerprint = Readonly<Record<string, string>>

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** The state of the schema, the generator's options and the generated files as they lie there. */
export function currentFingerprint(wire: string = WIRE): Fingerprint {
  const files = [
    join(wire, 'buf.gen.yaml'),
    ...filesBelow(join(wire, 'proto')),
    ...filesBelow(join(wire, GENERATED))
  ]
  return Object.fromEntries(
    files.map((file) => [
      file.slice(wire.length + 1),
      createHash('sha256').update(readFileSync(file)).digest('hex')
    ])
  )
}

/** What {@link writeFingerprint} kept at the last generation. */
export function recordedFingerprint(): Fingerprint {
  return JSON.parse(readFileSync(FINGERPRINT, 'utf8')) as Fingerprint
}

/** Keeps the present state, so that a later change of only one side is noticed without the generator. */
export function writeFingerprint(): void {
  writeFileSync(FINGERPRINT, `${JSON.stringify(currentFingerprint(), null, 2)}\n`)
}

/** Runs `work` on a throw-away copy of the schema package, as deep below the checkout as the real one. */
export async function withCopyOfWire<T>(work: (copy: string) => Promise<T>): Promise<T> {
  const scratch = join(repositoryRoot, '.tmp')
  mkdirSync(scratch, { recursive: true })
  const copy = mkdtempSync(join(scratch, 'generate-'))
  try {
    cpSync(WIRE, copy, { recursive: true })
    return await work(copy)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** Paths below the package whose content differs between two states. */
export function differences(a: Fingerprint, b: Fingerprint): string[] {
  const paths = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...paths].filter((path) => a[path] !== b[path]).sort()
}
