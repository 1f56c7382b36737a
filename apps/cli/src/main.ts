import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'
import { isShareError, printable, ShareError } from '@p2pshare/base'
import { resolveHome } from '@p2pshare/control/client'
import { type Command, GLOBAL_OPTIONS, type Invocation, optionsOf } from './command.ts'
import { DAEMON_NODE_FLAGS } from './daemon/node-flags.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import type { Parsed } from './parsing/parsed.ts'
import { brokenOutput, isClosed, wholeOutput } from './output.ts'
import { parsePlainLine } from './parsing/plain-line.ts'
import { COMMANDS } from './registry.ts'
import { errorJson, errorLine } from './render/error-text.ts'
import { mergeSettings, readConfig, readSoundConfig } from './settings.ts'
import { type Surroundings, Terminal, type TextStream } from './terminal.ts'

/** Runs the command in this process; sets the exit code and lets the process end by itself. */
export async function start(argv: readonly string[]): Promise<void> {
  // Other users of this machine see the words of a command for as long as it runs, and the key of a link is among them.
  if (argv.some((word) => word.includes('#key='))) process.title = 'p2pshare'
  let command: Command | undefined
  const isDaemon = (): boolean => command?.name === 'run'
  const onBroken = (error: Error, stream: NodeJS.WriteStream): void => {
    // A daemon lives on without readers, and a command without a place for its messages.
    if (isDaemon() || (stream === process.stderr && !isClosed(error))) return
    const broken = brokenOutput(error, stream.isTTY, command?.unread ?? EXIT.done)
    if (broken.error !== undefined) report(broken.error, argv, { stderr, env: process.env })
    process.exit(broken.code)
  }
  const [stdout, stderr] = [process.stdout, process.stderr].map((stream) =>
    wholeOutput(stream, (error) => onBroken(error, stream))
  ) as [TextStream, TextStream]
  process.exitCode = await main(argv, {
    stdout,
    stderr,
    onCommand(meant) {
      command = meant
    },
    env: process.env,
    cwd: process.cwd(),
    self: isSea()
      ? []
      : [...DAEMON_NODE_FLAGS, fileURLToPath(new URL('../bin/p2pshare.js', import.meta.url))],
    get keys() {
      return process.stdin
    },
    get input() {
      return process.stdin
    },
    onInterrupt(run) {
      process.on('SIGINT', run)
      return () => process.off('SIGINT', run)
    }
  })
  // All is closed and written; what a library still holds open must not keep a stopped daemon alive.
  if (isDaemon()) process.exit()
}

/** One run of the command; never throws. @returns the exit code */
export async function main(argv: readonly string[], around: Surroundings): Promise<number> {
  let command: Command | undefined
  const closing: (() => Promise<void>)[] = []
  try {
    if (argv[0] === '__complete') {
      await (await import('./completion/complete.ts')).complete(argv.slice(1), around)
      return EXIT.done
    }
    if (argv.length === 0) {
      around.stdout.write(`${await overviewFor(around)}\n`)
      return EXIT.done
    }
    const parsed = (await parsePlainLine(argv, COMMANDS)) ?? (await parseAnyLine(argv, around))
    if (parsed.kind === 'text') {
      around.stdout.write(`${parsed.text}\n`)
      return EXIT.done
    }
    command = parsed.command
    around.onCommand?.(command)
    return await command.run(invocation(parsed, around, closing))
  } catch (error) {
    report(error, argv, around)
    return isShareError(error, 'cli.usage') ? EXIT.usage : (command?.failure ?? exitCodeOf(error))
  } finally {
    await Promise.allSettled(closing.map((close) => close()))
  }
}

async function overviewFor({ stdout }: Surroundings): Promise<string> {
  const [{ overview }, { helpWidth }] = await Promise.all([
    import('./render/overview.ts'),
    import('./render/all-commands.ts')
  ])
  return overview(COMMANDS, helpWidth(stdout.columns))
}

async function parseAnyLine(argv: readonly string[], { stdout }: Surroundings): Promise<Parsed> {
  const [{ parseCommandLine }, { allCommands, helpWidth }] = await Promise.all([
    import('./parsing/parser.ts'),
    import('./render/all-commands.ts')
  ])
  // Many type it first; what it is about may follow.
  const line = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
  const width = helpWidth(stdout.columns)
  const parsed = await parseCommandLine(line, COMMANDS, { version: version(), width })
  const isAboutAll = parsed.kind === 'text' && parsed.text.startsWith('p2pshare <command>')
  return isAboutAll ? { kind: 'text', text: await allCommands(COMMANDS, width) } : parsed
}

function invocation(
  parsed: Extract<Parsed, { kind: 'command' }>,
  around: Surroundings,
  closing: (() => Promise<void>)[]
): Invocation {
  const options = optionsOf(parsed.command)
  const { env } = around
  const chosen = mergeSettings(
    { home: GLOBAL_OPTIONS['home'] ?? { type: 'string', describe: '' } },
    { argv: parsed.argv, env, file: {} }
  ).text('home')
  const homeGiven = chosen === undefined || isAbsolute(chosen) ? chosen : resolve(around.cwd, chosen)
  const home = resolveHome({ home: homeGiven, env, cwd: around.cwd })
  // The daemon reads its configuration itself and reports what is wrong with it.
  const { command } = parsed
  const read = command.mendsConfig ? readSoundConfig : readConfig
  const file = command.name === 'run' ? {} : read(home.configFile, options)
  const settings = mergeSettings(options, { argv: parsed.argv, env, file })
  const terminal = new Terminal(around, { json: settings.flag('json'), verbose: settings.flag('verbose') })
  return { args: parsed.args, settings, home, homeGiven, terminal, around, closing }
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** One line on stderr, in JSON where that was asked for; the stack only with --verbose. */
function report(error: unknown, argv: readonly string[], around: Pick<Surroundings, 'stderr' | 'env'>): void {
  const json = argv.includes('--json') || /^(1|true|yes|on)$/i.test(around.env['P2PSHARE_JSON'] ?? '')
  if (error instanceof ShareError) {
    around.stderr.write(`${json ? errorJson(error) : errorLine(error)}\n`)
  } else {
    around.stderr.write(
      `p2pshare: failed inside: ${printable(error instanceof Error ? error.message : String(error))}\n`
    )
  }
  if (!argv.includes('--verbose') || !(error instanceof Error)) return
  for (const line of (error.stack ?? '').split('\n')) around.stderr.write(`${printable(line, 1000)}\n`)
}
