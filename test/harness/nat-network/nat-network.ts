import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type NamespaceHost, onHost } from '../namespace-host.ts'
import {
  addressCommands,
  linkCommands,
  namespacesOf,
  type NatBehaviour,
  natRules,
  type Topology,
  topology
} from './topology.ts'

/** What a {@link NatNetwork} is made of. */
export interface NatNetworkOptions {
  /** Hosts that anybody can dial; 1 when left out, at most 100. */
  publicHosts?: number
  /** One NATed host, behind a router of its own, for each; at most 100. */
  nats: readonly NatBehaviour[]
}

/** The router of one NATed host. */
export interface NatRouter {
  namespace: string
  behaviour: NatBehaviour
  /** Its address in the internet, on the device `wan0`. */
  outside: string
  /** Its address for the host behind it, on the device `lan0`. */
  inside: string
}

/** A host behind a router. */
export interface NatHost extends NamespaceHost {
  router: NatRouter
}

const KEEPER = fileURLToPath(new URL('keeper.sh', import.meta.url))
/** Known beforehand, so that a public host's daemon can be told its own address. */
const PORT = 4001
const COMMAND_LIMIT_MS = 10_000
const MAX_PLACES = 100

/**
 * Public hosts and hosts behind NAT, in network namespaces of this machine, joined by a router that is the internet.
 * Addresses look public (5.5.x.x) and exist in the namespaces only: no route leads out of them. Disposing ends what
 * runs there and removes them, and so does the end of this process in any way: the keeper notices.
 */
export class NatNetwork implements AsyncDisposable {
  static #opened = 0
  readonly publicHosts: readonly NamespaceHost[]
  readonly hosts: readonly NatHost[]
  readonly #keeper: ChildProcess

  private constructor(plan: Topology, keeper: ChildProcess) {
    this.#keeper = keeper
    this.publicHosts = plan.publicHosts.map(({ host, address }) => ({
      namespace: host,
      address,
      port: PORT,
      network: 'public'
    }))
    this.hosts = plan.nats.map((nat) => ({
      namespace: nat.host,
      address: nat.inside,
      port: PORT,
      network: 'public',
      router: {
        namespace: nat.router,
        behaviour: nat.behaviour,
        outside: nat.outside,
        inside: nat.inside.replace(/\.2$/, '.1')
      }
    }))
  }

  /** Why this machine cannot have such a network, in one line; undefined when it can. */
  static missing(): string | undefined {
    if (process.platform !== 'linux') return 'it takes Linux'
    if (process.getuid?.() !== 0) return 'network namespaces take root'
    for (const [program, flag] of Object.entries({ ip: '-V', nft: '-v', sysctl: '-V' })) {
      if (spawnSync(program, [flag], { stdio: 'ignore' }).status !== 0) return `there is no ${program}`
    }
    return NatNetwork.#refusal()
  }

  /** Makes all of it. @throws when the machine refuses; nothing stays behind then */
  static async open(options: NatNetworkOptions): Promise<NatNetwork> {
    const { publicHosts = 1, nats } = options
    if (publicHosts > MAX_PLACES || nats.length > MAX_PLACES) throw new RangeError('too many hosts')
    const plan = topology(`p2pn-${process.pid}-${++NatNetwork.#opened}`, publicHosts, nats)
    const keeper = spawn('sh', [KEEPER, ...namespacesOf(plan)], { stdio: ['pipe', 'ignore', 'inherit'] })
    const network = new NatNetwork(plan, keeper)
    try {
      build(plan)
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
    return network
  }

  /**
   * Runs a program in the namespace of a router (or of any other place of this network); it ends with the network at
   * the latest.
   */
  run(
    place: Pick<NamespaceHost, 'namespace'>,
    command: readonly string[]
  ): ChildProcessByStdio<Writable, Readable, Readable> {
    return spawn(...onHost(place, command), { stdio: 'pipe' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode, stdin } = this.#keeper
    if (exitCode !== null || signalCode !== null) return
    const ended = once(this.#keeper, 'close')
    stdin?.end()
    await ended
  }

  /** What the kernel says to a namespace with NAT in it. */
  static #refusal(): string | undefined {
    const name = `p2pn-${process.pid}-try`
    try {
      command('ip', ['netns', 'add', name])
      try {
        forward(name)
        command(...onHost({ namespace: name }, ['nft', '-f', '-']), natRules('symmetric'))
      } finally {
        command('ip', ['netns', 'delete', name])
      }
      return undefined
    } catch (error) {
      return `the kernel has no NAT in network namespaces: ${(error as Error).message.split('\n')[0]}`
    }
  }
}

function build(plan: Topology): void {
  command('ip', ['-batch', '-'], linkCommands(plan).join('\n'))
  for (const namespace of namespacesOf(plan)) {
    command('ip', ['-n', namespace, '-batch', '-'], addressCommands(plan, namespace).join('\n'))
  }
  for (const router of [plan.internet, ...plan.nats.map((nat) => nat.router)]) forward(router)
  for (const { router, behaviour } of plan.nats) {
    command(...onHost({ namespace: router }, ['nft', '-f', '-']), natRules(behaviour))
  }
}

function forward(namespace: string): void {
  command(...onHost({ namespace }, ['sysctl', '-qw', 'net.ipv4.ip_forward=1']))
}

function command(program: string, args: readonly string[], input = ''): void {
  const { status, stderr, error } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    timeout: COMMAND_LIMIT_MS
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr ?? String(error)}`)
}
