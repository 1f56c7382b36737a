import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { onHost } from '../namespace-host.ts'
import type { NatNetwork, NatRouter } from './nat-network.ts'

/** What a router is told to speak. */
export interface MiniupnpdOptions {
  /** A file that takes its configuration. */
  config: string
  upnp: boolean
  natPmp: boolean
}

/** Debian's place is not in everybody's path. */
const PROGRAMS = ['miniupnpd', '/usr/sbin/miniupnpd']

function program(): string | undefined {
  return PROGRAMS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined)
}

/** Why there can be no such router, in one line; undefined when there can. */
export function miniupnpdMissing(): string | undefined {
  return program() === undefined ? 'there is no miniupnpd' : undefined
}

/** The chains that it puts its rules into; what it forwards then passes the router's own filter. */
const CHAINS = `
table inet miniupnpd {
  chain forward { type filter hook forward priority 0; policy accept; jump mapped; }
  chain mapped { }
  chain prerouting { type nat hook prerouting priority -100; jump prerouting_mapped; }
  chain prerouting_mapped { }
  chain postrouting { type nat hook postrouting priority 100; jump postrouting_mapped; }
  chain postrouting_mapped { }
}
`
const PASS = ['add', 'rule', 'ip', 'filter', 'forward', 'ct', 'status', 'dnat', 'accept']

/** Runs miniupnpd on a NAT router; it ends when disposed of, or with the network. */
export class Miniupnpd implements AsyncDisposable {
  readonly #network: NatNetwork
  readonly #router: NatRouter
  readonly #options: MiniupnpdOptions
  #child: ReturnType<NatNetwork['run']> | undefined

  private constructor(network: NatNetwork, router: NatRouter, options: MiniupnpdOptions) {
    this.#network = network
    this.#router = router
    this.#options = options
  }

  /** Makes ready the router's firewall and starts it. */
  static async on(network: NatNetwork, router: NatRouter, options: MiniupnpdOptions): Promise<Miniupnpd> {
    nft(router, PASS)
    const made = new Miniupnpd(network, router, options)
    await made.start()
    return made
  }

  /** Starts it with no mapping in it, as after a restart of the router. */
  async start(): Promise<void> {
    const { config, upnp, natPmp } = this.#options
    const chains = `add table inet miniupnpd\ndelete table inet miniupnpd\n${CHAINS}`
    nft(this.#router, ['-f', '-'], chains)
    const yes = (value: boolean): string => (value ? 'yes' : 'no')
    writeFileSync(
      config,
      [
        ...['ext_ifname=wan0', `listening_ip=lan0`, 'port=0', 'ipv6_disable=yes', 'secure_mode=yes'],
        ...[`enable_upnp=${yes(upnp)}`, `enable_natpmp=${yes(natPmp)}`, 'system_uptime=no'],
        ...['upnp_table_name=miniupnpd', 'upnp_nat_table_name=miniupnpd', 'upnp_forward_chain=mapped'],
        ...['upnp_nat_chain=prerouting_mapped', 'upnp_nat_postrouting_chain=postrouting_mapped'],
        ...['uuid=2d500bb5-6099-4895-aada-c83f4f0c5576', 'allow 1024-65535 0.0.0.0/0 1024-65535'],
        ''
      ].join('\n')
    )
    const command = [program() ?? '', '-d', '-f', config, '-P', `${config}.pid`]
    const child = this.#network.run(this.#router, command)
    child.stdout.resume()
    const said = createInterface({ input: child.stderr })
    this.#child = child
    for await (const line of said) if (/listening|HTTP|NAT-PMP/i.test(line)) break
    child.stderr.resume()
  }

  /** The mappings that the kernel holds, as text. */
  mappings(): string {
    return nft(this.#router, ['list', 'chain', 'inet', 'miniupnpd', 'prerouting_mapped'])
  }

  /** Has it tell all hosts that its address may have changed, as routers do when they start (miniupnpd(8): SIGUSR1). */
  tellHosts(): void {
    this.#child?.kill('SIGUSR1')
  }

  /** Ends it at once, as a router that loses power. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

function nft(router: NatRouter, args: readonly string[], input = ''): string {
  const [command, rest] = onHost(router, ['nft', ...args])
  const { status, stdout, stderr } = spawnSync(command, rest, { input, encoding: 'utf8', timeout: 10_000 })
  if (status !== 0) throw new Error(`nft ${args.join(' ')} failed: ${stderr}`)
  return stdout
}
