/** What a daemon under test may be told besides its isolation. */
export interface IsolationOptions {
  /** Its home; everything it keeps lies below. */
  home: string
  /** Multiaddrs of the only peers it is told of; none when left out. */
  bootstrap?: readonly string[]
  /** More options, as `P2PSHARE_…` variables. */
  env?: Readonly<Record<string, string>>
  /** The address of its network namespace, which no route leaves; loopback when left out. */
  address?: string
}

/**
 * The environment of every daemon and command started by tests and scripts, and the one place that says
 * so: loopback (or a namespace without a way out) only, a free port, no multicast, no public network, and nothing inherited from the
 * developer's own p2pshare settings.
 */
export function isolatedEnvironment(options: IsolationOptions): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('P2PSHARE_')
  )
  return {
    ...Object.fromEntries(inherited),
    ...options.env,
    P2PSHARE_HOME: options.home,
    P2PSHARE_NETWORK: 'local',
    P2PSHARE_MDNS: 'false',
    P2PSHARE_LISTEN: `/ip4/${options.address ?? '127.0.0.1'}/tcp/0`,
    ...(options.bootstrap === undefined ? {} : { P2PSHARE_BOOTSTRAP: options.bootstrap.join(',') })
  }
}
