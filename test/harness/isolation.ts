import type { NamespaceHost } from './namespace-host.ts'

/** What a daemon under test may be told besides its isolation. */
export interface IsolationOptions {
  /** Its home; everything it keeps lies below. */
  home: string
  /** Multiaddrs of the only peers it is told of; none when left out. */
  bootstrap?: readonly string[]
  /** More options, as `P2PSHARE_…` variables. */
  env?: Readonly<Record<string, string>>
  /** Name or key file of a private network of the test's own: its members know nobody but each other. */
  privateNetwork?: string
  /** Its network namespace, which no route leaves; this machine's loopback when left out. */
  host?: NamespaceHost
}

/** A first peer where nobody is, for who knows none: without any, a public network's own ones would be dialled. */
const NOBODY = '/ip4/127.0.0.1/tcp/9/p2p/12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2'

/**
 * The environment of every daemon and command started by tests and scripts, and the one place that says
 * so: loopback (or a namespace without a way out) only, a free port, no multicast, and nothing inherited from the
 * developer's own p2pshare settings. The public network only in namespaces that a test made for it.
 */
export function isolatedEnvironment(options: IsolationOptions): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('P2PSHARE_')
  )
  const { host, bootstrap = [] } = options
  const isPublic = host?.network === 'public'
  return {
    ...Object.fromEntries(inherited),
    P2PSHARE_PORT_MAPPING: 'false',
    ...options.env,
    P2PSHARE_HOME: options.home,
    P2PSHARE_NETWORK: options.privateNetwork ?? (isPublic ? 'public' : 'local'),
    P2PSHARE_MDNS: 'false',
    P2PSHARE_LISTEN: `/ip4/${host?.address ?? '127.0.0.1'}/tcp/${host?.port ?? 0}`,
    ...(bootstrap.length > 0
      ? { P2PSHARE_BOOTSTRAP: bootstrap.join(',') }
      : isPublic
        ? { P2PSHARE_BOOTSTRAP: NOBODY }
        : {})
  }
}
