/** Who has to act: the peer misbehaved, the user asked for the impossible, a machine part failed, or we erred. */
export type Fault = 'peer' | 'user' | 'disk' | 'network' | 'content' | 'daemon' | 'bug'

/** What a {@link ShareError} is made of. */
export interface ShareErrorInit {
  /** `package.kebab-words`, never reused for another meaning; listed in docs/errors.md. */
  code: string
  fault: Fault
  /** One sentence: what failed and why, with hostile text already escaped. */
  message: string
  /** One sentence: what the user can do about it. */
  hint?: string
  /** Figures and names behind the message, for logs and `--json`. */
  detail?: Readonly<Record<string, string | number | boolean | null>>
  cause?: unknown
}

/** The one error class of the project: a code for machines, a message and a way out for people. */
export class ShareError extends Error {
  override readonly name = 'ShareError'
  readonly code: string
  readonly fault: Fault
  readonly hint: string | undefined
  readonly detail: Readonly<Record<string, string | number | boolean | null>>

  constructor(init: ShareErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = init.code
    this.fault = init.fault
    this.hint = init.hint
    this.detail = init.detail ?? {}
  }
}

/** Tells whether `error` is a {@link ShareError}, of the given code if one is named. */
export function isShareError(error: unknown, code?: string): error is ShareError {
  return error instanceof ShareError && (code === undefined || error.code === code)
}

/** Throws a `bug` error when a condition that our own code must keep does not hold. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) {
    throw new ShareError({
      code: 'base.invariant',
      fault: 'bug',
      message: `internal invariant broken: ${message}`,
      hint: 'Please report this with the log.'
    })
  }
}
