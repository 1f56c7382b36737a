import type { HomePaths } from '@p2pshare/control/client'
import type { Settings } from './settings.ts'
import type { Surroundings, Terminal } from './terminal.ts'

/** One option of a command, by its long name. */
export interface OptionSpec {
  /** `list`: may be given several times; in the environment separated by commas or blanks. */
  type: 'string' | 'boolean' | 'list'
  describe: string
  alias?: string
  /** What a shell offers for its value: names of files, of daemons of other machines, or these words. */
  values?: 'files' | 'daemons' | readonly string[]
  /** False where a value from config.json would act behind the user's back; the environment still counts. */
  file?: boolean
  /** False where the environment's variable of that name means something else. */
  env?: false
}

/** Options by long name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>

/** One subcommand. */
export interface Command {
  readonly name: string
  /** Positionals as help shows them, such as `<hash>`; checked by `run`, not by yargs. */
  readonly positionals: string
  /** How many positionals there must be. */
  readonly count: { min: number; max: number }
  readonly summary: string
  /** A command line and what it does. */
  readonly example: readonly [line: string, meaning: string]
  readonly moreExamples?: readonly (readonly [line: string, meaning: string])[]
  /** What a shell offers for its positionals, where their names do not tell. */
  readonly offers?: 'daemons'
  readonly options: OptionTable
  /** Whether it is about this machine's files or processes alone, and so takes no `--daemon`. */
  readonly here?: boolean
  /** Whether it works although config.json is damaged, since it shows or mends it. */
  readonly mendsConfig?: boolean
  /** Exit code of every error that ends it but wrong usage, where the error's own would say less. */
  readonly failure?: number
  /** Exit code when its reader goes away in the middle; 0 where left out, since the reader had enough. */
  readonly unread?: number
  /** @returns the exit code; a ShareError thrown gives its own (exit-code.ts) */
  run(call: Invocation): Promise<number>
}

/** One run of a command. */
export interface Invocation {
  readonly args: readonly string[]
  readonly settings: Settings
  readonly home: HomePaths
  /** The home as the user named it, absolute; undefined = the platform's usual folders. */
  readonly homeGiven: string | undefined
  readonly terminal: Terminal
  readonly around: Surroundings
  /** What the command opened, to be closed when it is over, whatever its end. */
  readonly closing: (() => Promise<void>)[]
}

/** Options that every command takes. */
export const GLOBAL_OPTIONS: OptionTable = {
  json: { type: 'boolean', describe: 'print JSON on stdout, one object a line' },
  home: {
    type: 'string',
    describe: 'folder of the daemon: configuration, key, catalogue, socket',
    values: 'files',
    file: false
  },
  verbose: { type: 'boolean', describe: 'say more on stderr' }
}

/** Options of every command that talks to a daemon. */
export const REMOTE_OPTIONS: OptionTable = {
  daemon: {
    type: 'string',
    describe: 'talk to the daemon of another machine: its name, peer id, or multiaddr with /p2p/<peer id>',
    values: 'daemons'
  },
  network: {
    type: 'string',
    describe: 'with --daemon: the network to reach it through, as of daemon run',
    values: ['public', 'local'],
    file: false
  }
}

/** All options that a command takes. */
export function optionsOf({ here, options }: Pick<Command, 'here' | 'options'>): OptionTable {
  return { ...GLOBAL_OPTIONS, ...(here === true ? {} : REMOTE_OPTIONS), ...options }
}
