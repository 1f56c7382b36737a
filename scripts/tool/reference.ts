import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../root.mjs'
import { commandReference } from './command-reference.ts'
import { configReference } from './config-reference.ts'

/** Every document that is made from the sources, by path in the repository. */
export async function reference(): Promise<Readonly<Record<string, string>>> {
  return { ...(await commandReference()), ...configReference() }
}

/** Writes {@link reference}. */
export async function writeReference(): Promise<void> {
  for (const [path, text] of Object.entries(await reference()))
    writeFileSync(join(repositoryRoot, path), text)
}

/** What lies there now; undefined where nothing does. */
export function writtenReference(path: string): string | undefined {
  try {
    return readFileSync(join(repositoryRoot, path), 'utf8')
  } catch {
    return undefined
  }
}
