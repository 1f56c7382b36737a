/** What a check found. */
export interface CheckResult {
  passed: number
  failed: number
  /** Shown when something failed; empty when it was shown already. */
  output: string
}

/** A named part of `npm test`. */
export interface Check {
  name: string
  run(): Promise<CheckResult>
}
