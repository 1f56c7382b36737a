import type { Command } from '../command.ts'

/** What the command line asks for. */
export type Parsed =
  | { kind: 'text'; text: string }
  | { kind: 'command'; command: Command; args: string[]; argv: Record<string, unknown> }
