import { printableJson, printableText } from '@p2pshare/base'
import type { Command } from './command.ts'
import type { KeyStream } from './live/keys.ts'
import { type Style, styleOf } from './live/screen.ts'

/** The few things a stream must do for us. */
export interface TextStream {
  write(data: string | Uint8Array): boolean
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  on?(event: 'resize', run: () => void): unknown
  off?(event: 'resize', run: () => void): unknown
  once?(event: 'drain', run: () => void): unknown
}

/** What surrounds one run of the command; tests hand in their own. */
export interface Surroundings {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /**
   * What makes this command of the program that runs it (`process.execPath`): flags and the script; nothing where
   * the program is p2pshare itself. A background daemon is started with it.
   */
  readonly self: readonly string[]
  /** The keyboard, for commands that read single keys; none where left out. */
  readonly keys?: KeyStream
  /** What is piped in, for commands that read it; nothing where left out. */
  readonly input?: AsyncIterable<Uint8Array>
  /** Hears which command it is, before that runs. */
  onCommand?(command: Command): void
  /** Calls back at Ctrl-C until the answer is called. */
  onInterrupt(run: () => void): () => void
}

/** Data on stdout, words on stderr. */
export class Terminal {
  readonly json: boolean
  readonly verbose: boolean
  readonly stderr: TextStream
  /** Whether a moving frame may be drawn: stderr is a real terminal, and nobody asked for plain output. */
  readonly live: boolean
  /** Whether colours may be set. */
  readonly coloured: boolean
  /** Styled text where colour is wanted on stderr, plain elsewhere. */
  readonly style: Style
  /** Stdout, where the picture is the data: whether a moving frame may be drawn there, and how it is styled. */
  readonly picture: { readonly stream: TextStream; readonly live: boolean; readonly style: Style }
  readonly #stdout: TextStream
  #full = false

  constructor(around: Surroundings, options: { json: boolean; verbose: boolean }) {
    const { env } = around
    this.json = options.json
    this.verbose = options.verbose
    this.stderr = around.stderr
    this.#stdout = around.stdout
    const moving = !options.json && env['TERM'] !== 'dumb' && !env['CI']
    this.live = around.stderr.isTTY === true && moving
    // no-color.org: set and not empty.
    this.coloured = this.live && !env['NO_COLOR']
    this.style = styleOf(this.coloured)
    const live = around.stdout.isTTY === true && moving
    this.picture = { stream: around.stdout, live, style: styleOf(live && !env['NO_COLOR']) }
  }

  /** Columns of the terminal that stderr is; undefined where it is none, or tells no width. */
  get columns(): number | undefined {
    return this.stderr.isTTY === true && this.stderr.columns ? this.stderr.columns : undefined
  }

  /**
   * One result: with --json the object as a line, without it the text, if there is any. Who answers on another machine need not be a
   * daemon of ours: whatever words got into the text, none of them is a command to the terminal.
   */
  result(object: object, text: string): void {
    if (!this.json && text === '') return
    this.#full = !this.#stdout.write(`${this.json ? printableJson(object) : printableText(text)}\n`)
  }

  /** Content on stdout, as it is; resolves when stdout takes more. */
  async bytes(part: Uint8Array): Promise<void> {
    this.#full = !this.#stdout.write(part)
    await this.drained()
  }

  /** Waits until stdout takes more: for whoever has very many results. */
  async drained(): Promise<void> {
    const { once } = this.#stdout
    if (!this.#full || once === undefined) return
    await new Promise<void>((resolve) => once.call(this.#stdout, 'drain', resolve))
    this.#full = false
  }

  /** One JSON line, whatever the mode. */
  line(object: object): void {
    this.#stdout.write(`${printableJson(object)}\n`)
  }

  /** A message to the person, as a line on stderr; made safe as a result is. */
  note(text: string): void {
    this.stderr.write(`${printableText(text, this.coloured)}\n`)
  }
}
