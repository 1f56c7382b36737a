import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { ConfigKey } from './config-key.ts'
import { hookProgram } from './hook-program.ts'
import { logLevels } from './log-levels.ts'
import { tcpAddress, wholePath } from './tcp-address.ts'
import {
  addresses,
  budget,
  duration,
  folders,
  minFree,
  rate,
  rateOrNone,
  stopRatio,
  stopReplicas,
  stopTime,
  upToThousand,
  upToThousandOrNone
} from './value-types.ts'

const RATE = 'bytes per second: `5MB/s`, `800KiB/s`, or `none`'
const FLAG = '`true` or `false`'
/** Of limits: `p2pshare limit` and `p2pshare relay` set the same. */
const UNTIL = 'what is set while running counts until this changes'

const HOOK = {
  value: hookProgram.optional(),
  kind: 'list',
  usual: 'none',
  unit: 'list: the whole path of a program, then its arguments',
  counts: 'at once',
  onlyInFile: 'names a program to run, so whoever may only use the daemon must not choose it'
} as const

/** Keys of config.json that the daemon reads, in the order of the documentation. The one place that knows them. */
export const DAEMON_KEYS = {
  network: {
    value: z.string().min(1).max(4096).default('public'),
    kind: 'text',
    about: "The network: the public one, this LAN alone, or a private network's name or key file",
    usual: 'public',
    unit: '`public`, `local`, a name, or a path',
    counts: 'at the next start'
  },
  listen: {
    value: addresses.default(['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001']),
    kind: 'list',
    about: 'Where others can connect to',
    usual: '/ip4/0.0.0.0/tcp/4001, /ip6/::/tcp/4001',
    unit: 'list of multiaddrs, at most 100',
    counts: 'at the next start'
  },
  bootstrap: {
    value: addresses.default([]),
    kind: 'list',
    about: "First peers; without any, the network's own (of `public`, those of the Amino DHT)",
    usual: 'none',
    unit: 'list of multiaddrs, at most 100',
    counts: 'at the next start'
  },
  bind: {
    value: z.string().min(1).max(64).optional(),
    kind: 'text',
    about: 'The one interface, or address, that all sockets are bound to',
    usual: 'all',
    unit: 'name of an interface, such as `wg0`, or an address',
    counts: 'at the next start'
  },
  mdns: {
    value: z.boolean('write true or false').default(true),
    kind: 'flag',
    about: 'Look for peers on the local network by mDNS',
    usual: 'true',
    unit: FLAG,
    counts: 'at the next start'
  },
  portMapping: {
    value: z.boolean('write true or false').optional(),
    kind: 'flag',
    about: 'Ask the router for a port (UPnP, NAT-PMP)',
    usual: 'true; false in network `local`',
    unit: FLAG,
    counts: 'at the next start'
  },
  encryption: {
    value: z.enum(['noise', 'tls'], 'write noise or tls').default('noise'),
    kind: 'text',
    about: 'What is tried first with peers that have both; not in private networks',
    usual: 'noise',
    unit: '`noise` or `tls`',
    counts: 'at the next start'
  },
  pnet: {
    value: z.boolean('write true or false').default(false),
    kind: 'flag',
    about: "In a private network: encipher everything on the wire with the network's key; all members alike",
    usual: 'false',
    unit: FLAG,
    counts: 'at the next start'
  },
  downloads: {
    value: z
      .string()
      .min(1)
      .max(4096)
      .default(() => join(homedir(), 'Downloads')),
    kind: 'text',
    about: 'Where what is fetched goes unless a command says otherwise',
    usual: '~/Downloads',
    unit: 'path of a folder',
    counts: 'at once'
  },
  partFolder: {
    value: z.string().min(1).max(4096).optional(),
    kind: 'text',
    about:
      'Where fetches lie until they are whole, on any disk; counts for those that begin from then on. The folder must be there',
    usual: 'beside the target of each',
    unit: 'path of a folder',
    counts: 'at once'
  },
  minFree: {
    value: minFree,
    kind: 'text',
    about:
      'What fetches leave free on each disk; those that would need it wait, as `paused: disk full`; `auto`: 1 % of the disk, but no more than 256 MiB',
    usual: 'auto',
    unit: 'bytes, such as `2GiB`, or a part of the disk, such as `5%`, or `auto`',
    counts: 'at once'
  },
  remoteFolders: {
    value: folders.default([]),
    kind: 'list',
    about:
      'Folders besides `downloads` in which commands on other machines that may control this daemon share, fetch and delete',
    usual: 'none',
    unit: 'list of absolute paths, at most 20',
    counts: 'at once'
  },
  up: {
    value: rate,
    kind: 'text',
    about: `Most that is sent; ${UNTIL}`,
    usual: 'none',
    unit: RATE,
    counts: 'at once'
  },
  down: {
    value: rate,
    kind: 'text',
    about: `Most that is received; ${UNTIL}`,
    usual: 'none',
    unit: RATE,
    counts: 'at once'
  },
  includeLan: {
    value: z.boolean('write true or false').optional(),
    kind: 'flag',
    about: `Whether these limits hold for peers on the local network, too; ${UNTIL}`,
    usual: 'false',
    unit: FLAG,
    counts: 'at once'
  },
  activeFetches: {
    value: upToThousandOrNone('write none, or 1 to 1000').default(5),
    kind: 'number',
    about:
      'How many fetches run at once; the others wait in the queue, and those where nothing comes in do not count',
    usual: '5',
    unit: 'fetches, 1 to 1000, or `none`',
    counts: 'at once'
  },
  activeVerifies: {
    value: upToThousandOrNone('write none, or 1 to 1000').default(1),
    kind: 'number',
    about: 'How many shares are verified at once',
    usual: '1',
    unit: 'shares, 1 to 1000, or `none`',
    counts: 'at once'
  },
  stopRatio: {
    value: stopRatio,
    kind: 'number',
    about:
      'Stop seeding a share when so many times its size was sent; `p2pshare stop-when` says otherwise of one share',
    usual: 'none',
    unit: 'bytes sent for each byte of content, 0.01 to 1000, or `none`',
    counts: 'at once'
  },
  stopTime: {
    value: stopTime,
    kind: 'text',
    about:
      'Stop seeding a share when it was seeded for so long, over restarts; beside `stopRatio`, whichever comes first',
    usual: 'none',
    unit: 'time: `12h`, `7d`, or `none`',
    counts: 'at once'
  },
  stopReplicas: {
    value: stopReplicas,
    kind: 'number',
    about: 'Stop seeding a share when so many others have all of it; beside the two above: and not before',
    usual: 'none',
    unit: 'others, 1 to 100, or `none`',
    counts: 'at once'
  },
  uploadSlots: {
    value: z
      .union([z.literal('auto'), upToThousand('write auto, or 1 to 1000')], 'write auto, or 1 to 1000')
      .default('auto'),
    kind: 'number',
    about: 'How many peers are served at once; `auto`: as many as the measured upload capacity asks for',
    usual: 'auto',
    unit: 'peers, 1 to 1000, or `auto`',
    counts: 'at the next start'
  },
  antiLeech: {
    value: z.boolean('write true or false').default(false),
    kind: 'flag',
    about: 'When seeding, prefer peers at the beginning and the end of their download',
    usual: 'false',
    unit: FLAG,
    counts: 'at the next start'
  },
  superSeed: {
    value: z.enum(['auto', 'on', 'off'], 'write auto, on or off').default('auto'),
    kind: 'text',
    about: 'Hand out a new share piece by piece; `auto`: what was seeded here and not fetched',
    usual: 'auto',
    unit: '`auto`, `on` or `off`',
    counts: 'at the next start'
  },
  announce: {
    value: z.enum(['roots', 'files', 'chunks'], 'write roots, files or chunks').default('chunks'),
    kind: 'text',
    about: 'What of a share is found in the DHT, unless `seed --announce` said something else',
    usual: 'chunks',
    unit: '`roots`, `files` or `chunks`',
    counts: 'at the next start'
  },
  relay: {
    value: z.enum(['auto', 'off', 'signals', 'data'], 'write auto, off, signals or data').optional(),
    kind: 'text',
    about: `What is relayed for others; \`auto\`: signals, once they can reach this node; ${UNTIL}`,
    usual: 'auto',
    unit: '`auto`, `off`, `signals` or `data`',
    counts: 'at once'
  },
  relayBudget: {
    value: budget,
    kind: 'text',
    about: `Most that is carried as data for others; ${UNTIL}`,
    usual: '10GiB/day',
    unit: 'bytes a day or a calendar month (UTC): `10GiB/day`, `300GB/month`, or `none`',
    counts: 'at once'
  },
  relayRate: {
    value: rateOrNone,
    kind: 'text',
    about: `Most that is carried as data for others, all together; ${UNTIL}`,
    usual: 'none',
    unit: RATE,
    counts: 'at once'
  },
  relayPlaces: {
    value: upToThousand('write 1 to 1000').optional(),
    kind: 'number',
    about: `How many peers may be reached through here; ${UNTIL}`,
    usual: '32 for signals, 128 for data',
    unit: 'peers, 1 to 1000',
    counts: 'at once'
  },
  log: {
    value: logLevels.optional(),
    kind: 'text',
    about: 'How much goes into the log, for everything and for areas of it',
    usual: 'info',
    unit: '`debug`, `info`, `warn`, `error` or `off`, then areas: `info,network=debug,dht=warn`',
    counts: 'at once'
  },
  metricsListen: {
    value: tcpAddress,
    kind: 'text',
    about: 'Where Prometheus can read the metrics, at /metrics; nothing else is served there',
    usual: 'none',
    unit: 'address and port of this machine: `127.0.0.1:9464`, `[::1]:9464`, or `none`',
    counts: 'at once'
  },
  metricsTokenFile: {
    value: wholePath.optional(),
    kind: 'text',
    about:
      'File with the token that readers of the metrics must show; needed where other machines can reach them',
    usual: 'none',
    unit: 'whole path of a file that not everybody can read; 16 letters or more',
    counts: 'at once'
  },
  onComplete: { ...HOOK, about: 'Program that runs when a fetch is complete; see docs/hooks.md' },
  onError: { ...HOOK, about: 'Program that runs when a share stops with an error; see docs/hooks.md' },
  onSeedStopped: {
    ...HOOK,
    about: 'Program that runs when a share has been seeded enough; see docs/hooks.md'
  }
} as const satisfies Readonly<Record<string, ConfigKey>>

/** Keys that commands read: options of theirs that make sense for every run. */
export const COMMAND_KEYS = {
  daemon: {
    value: z.string().min(1).max(1024),
    kind: 'text',
    about: "The daemon that commands talk to, instead of this machine's; see `p2pshare daemon add`",
    usual: "this machine's",
    unit: 'name, peer id, or multiaddr',
    counts: 'for commands'
  },
  json: {
    value: z.boolean('write true or false'),
    kind: 'flag',
    about: 'Print JSON on stdout, one object a line',
    usual: 'false',
    unit: FLAG,
    counts: 'for commands'
  },
  verbose: {
    value: z.boolean('write true or false'),
    kind: 'flag',
    about: 'Say more on stderr',
    usual: 'false',
    unit: FLAG,
    counts: 'for commands'
  },
  output: {
    value: z.string().min(1).max(4096),
    kind: 'text',
    about: 'Of `fetch`: target file or folder; with / at the end the folder to put it in',
    usual: 'in `downloads`, under its name',
    unit: 'path',
    counts: 'for commands'
  },
  timeout: {
    value: duration,
    kind: 'text',
    about: 'Of `fetch`: give up waiting after this long without progress',
    usual: 'never',
    unit: 'time: `30s`, `5m`, `1h`',
    counts: 'for commands'
  },
  progress: {
    value: z.boolean('write true or false'),
    kind: 'flag',
    about: 'Of `fetch --json`: a line for each step of progress',
    usual: 'false',
    unit: FLAG,
    counts: 'for commands'
  }
} as const satisfies Readonly<Record<string, ConfigKey>>

/** Every key of config.json by its name. */
export const CONFIG_KEYS: Readonly<Record<string, ConfigKey>> = { ...DAEMON_KEYS, ...COMMAND_KEYS }

type Shape = { [Key in keyof typeof DAEMON_KEYS]: (typeof DAEMON_KEYS)[Key]['value'] }

/** What the daemon's options must be, all together; those with a default get it. */
export const daemonConfig = z.object(
  Object.fromEntries(Object.entries(DAEMON_KEYS).map(([name, key]) => [name, key.value])) as Shape
)

/** The daemon's options, merged and checked. */
export type DaemonConfig = z.infer<typeof daemonConfig>
