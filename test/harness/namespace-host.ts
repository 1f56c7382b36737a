/** A host of a test: whatever runs in its network namespace has its address, and no route leads out. */
export interface NamespaceHost {
  namespace: string
  address: string
  /** TCP port of a daemon on it; a free one when left out. */
  port?: number
  /** What a daemon on it calls its network: `public` where addresses look public, `local` when left out. */
  network?: 'public'
}

/** Program and arguments that run a command on a host; the process id stays that of the command. */
export function onHost(
  host: Pick<NamespaceHost, 'namespace'> | undefined,
  command: readonly string[]
): [string, string[]] {
  const whole = host === undefined ? command : ['ip', 'netns', 'exec', host.namespace, ...command]
  const [program = '', ...args] = whole
  return [program, args]
}
