import { spawnSync } from 'node:child_process'
import type { NamespaceHost } from './namespace-host.ts'

const SUBNET = '10.79.0.'
const SPARE_SUBNET = '10.80.0.'
const UP_LIMIT_MS = 5_000

/**
 * Two hosts in network namespaces of their own, joined by two plain cables whose ends can be pulled. Nothing in
 * them reaches beyond them. The hosts' own address is that of the first cable. Disposing removes them.
 */
export class VethHosts implements Disposable {
  static #opened = 0
  /** The cable's end in each host, and that of a second one. */
  static readonly device = 'cable0'
  static readonly spare = 'cable1'
  readonly hosts: readonly [NamespaceHost, NamespaceHost]
  readonly #onExit = (): void => this[Symbol.dispose]()

  /** @throws when the machine refuses; nothing stays behind then */
  constructor() {
    const name = `p2pv-${process.pid}-${++VethHosts.#opened}`
    const [a, b] = [1, 2].map((i) => ({ namespace: `${name}-${i}`, address: `${SUBNET}${i}` }))
    if (a === undefined || b === undefined) throw new Error('there are two')
    this.hosts = [a, b]
    process.once('exit', this.#onExit)
    try {
      for (const { namespace } of this.hosts) ip(['netns', 'add', namespace])
      for (const [cable, subnet] of [
        [VethHosts.device, SUBNET],
        [VethHosts.spare, SPARE_SUBNET]
      ] as const) {
        const far = ['peer', 'name', cable, 'netns', b.namespace]
        ip(['-n', a.namespace, 'link', 'add', cable, 'type', 'veth', ...far])
        for (const [i, host] of this.hosts.entries()) {
          this.ip(host, ['addr', 'add', `${subnet}${i + 1}/24`, 'dev', cable])
          // Without an IPv6 address of its own the kernel sends nothing by itself, so that what is counted is ours.
          this.ip(host, ['link', 'set', cable, 'addrgenmode', 'none'])
          this.ip(host, ['link', 'set', cable, 'up'])
        }
      }
      for (const host of this.hosts)
        for (const cable of [VethHosts.device, VethHosts.spare]) this.#untilUp(host, cable)
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  /** Why this machine cannot have them, in one line; undefined when it can. */
  static missing(): string | undefined {
    if (process.platform !== 'linux') return 'it takes Linux'
    if (process.getuid?.() !== 0) return 'network namespaces take root'
    if (spawnSync('ip', ['-V'], { stdio: 'ignore' }).status !== 0) return 'there is no ip'
    try {
      using _ = new VethHosts()
    } catch (error) {
      return `no namespaces here: ${(error as Error).message}`
    }
    return undefined
  }

  /** Runs `ip` in a host. @throws with what it said when it fails */
  ip(host: NamespaceHost, args: readonly string[]): void {
    ip(['-n', host.namespace, ...args])
  }

  /** The kernel tells a moment later that a cable has two ends; until then programs do not see its interface. */
  #untilUp(host: NamespaceHost, cable: string): void {
    const end = performance.now() + UP_LIMIT_MS
    for (;;) {
      const [link] = JSON.parse(ip(['-n', host.namespace, '-j', 'link', 'show', cable])) as {
        operstate: string
      }[]
      if (link?.operstate === 'UP') return
      if (performance.now() > end) throw new Error(`${cable} does not come up`)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }

  /** Packets that have left a host by a device. */
  sent(host: NamespaceHost, device: string): number {
    const shown = ip(['-n', host.namespace, '-j', '-s', 'link', 'show', device])
    const [link] = JSON.parse(shown) as { stats64: { tx: { packets: number } } }[]
    return link?.stats64.tx.packets ?? 0
  }

  [Symbol.dispose](): void {
    process.removeListener('exit', this.#onExit)
    for (const { namespace } of this.hosts) spawnSync('ip', ['netns', 'del', namespace], { stdio: 'ignore' })
  }
}

function ip(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', args, { encoding: 'utf8', timeout: 10_000 })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}
