/** What the system's service manager is to start, and for whom. */
export interface ServiceWish {
  /** The program and all its arguments. */
  command: readonly string[]
  /** The program and first arguments of `p2pshare` itself, for links that a browser opens. */
  self: readonly string[]
  /** Tells services of several homes apart; empty for the usual home. */
  suffix: string
  /** Takes what the daemon writes where there is no journal. */
  logFile: string
  /** The user's own folder, and number where the platform has one. */
  userFolder: string
  userId: number
}

/** A command line to run; `optional`: its failure is no failure of the whole. */
export interface Step {
  command: readonly [program: string, ...args: string[]]
  optional: boolean
}

/** What makes, removes and tells of a service on one platform. Pure: files and commands, nothing done. */
export interface ServicePlan {
  /** What the platform calls it. */
  kind: 'systemd' | 'launchd' | 'task'
  /** Files with their content, the service's own first. */
  files: readonly { path: string; text: string }[]
  /** Folders that must be there before; made for the user alone. */
  folders: readonly string[]
  install: readonly Step[]
  uninstall: readonly Step[]
  /** Exits with 0 while the service runs. */
  isRunning: readonly [program: string, ...args: string[]]
  /** How the user reads its log. */
  logs: string
  /** What the platform does not offer, one sentence each. */
  gaps: readonly string[]
}

/** A step that must succeed. */
export function step(program: string, ...args: string[]): Step {
  return { command: [program, ...args], optional: false }
}

/** A step that may fail: its program may not be there, or there is nothing to undo. */
export function attempt(program: string, ...args: string[]): Step {
  return { command: [program, ...args], optional: true }
}
