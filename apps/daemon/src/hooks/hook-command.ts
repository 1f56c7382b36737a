import { resolve } from 'node:path'
import { HOOK_PLACEHOLDERS } from '@p2pshare/control/config'

/** What a hook is told. */
export interface HookFacts {
  event: 'complete' | 'error' | 'seed-stopped'
  /** Root CID, canonical text. */
  hash: string
  /** Chosen by whoever made the share. */
  name: string
  /** Absolute. */
  path: string
  /** Content bytes. */
  size: number
  /** Why the state is what it is; empty where there is nothing to say. */
  reason: string
}

/** A program, its arguments and the variables that it gets beside the daemon's own. */
export interface HookCommand {
  program: string
  args: string[]
  variables: Record<string, string>
}

const PLACEHOLDER = new RegExp(`\\{(${HOOK_PLACEHOLDERS.join('|')})\\}`, 'gi')

/**
 * Fills the placeholders of a hook. Names come from strangers, so none of them can become an option: an argument
 * that begins with one and would begin with `-` gets `./` before it; paths are absolute and need that never.
 * What stands in a value is not filled again.
 */
export function hookCommand([program = '', ...words]: readonly string[], facts: HookFacts): HookCommand {
  const values: Record<string, string> = { ...facts, path: resolve(facts.path), size: String(facts.size) }
  const args = words.map((word) => {
    const filled = word.replace(PLACEHOLDER, (_, name: string) => passable(values[name.toLowerCase()] ?? ''))
    return word.startsWith('{') && filled.startsWith('-') ? `./${filled}` : filled
  })
  const variables = HOOK_PLACEHOLDERS.map((name) => [
    `P2PSHARE_HOOK_${name.toUpperCase()}`,
    passable(values[name] ?? '')
  ])
  return { program, args, variables: Object.fromEntries(variables) }
}

/** NUL ends arguments and variables; no name that passed the gate has it, texts of errors may. */
const passable = (text: string): string => text.replaceAll('\0', '')
