import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { NamespaceHost } from '../namespace-host.ts'

/** What joins the hosts of a {@link WideNetwork}. */
export interface WideNetworkOptions {
  hosts: number
  /** Bytes of IP packets a second, in each direction of each host's line. */
  rate: number
  /** Round trip between any two hosts, in ms. */
  rtt: number
  /** Part of the packets that get lost, in either direction; 0 … 1. */
  loss: number
  /** Seed of the losses. */
  seed: number
  /** The kernel's congestion control: `cubic`, `bbr`; `reno` where that is not allowed in a namespace. */
  congestion: string
}

/** A host: whatever runs in its namespace reaches the other hosts, and nothing else. */
export type WideHost = NamespaceHost

/** What the lines have carried: bytes of IP packets that each host received, and packets that never arrived. */
export interface WideTraffic {
  received: number[]
  lost: number
  overflowed: number
}

/** Private addresses, which a daemon with `network=local` may use; no route leads out of the namespaces. */
const NETWORK = '10.77.0.'
const PREFIX_BITS = 24
/** What routers hold before a line, in ms of its rate. */
const QUEUE_MS = 100
const START_LIMIT_MS = 20_000
const RELAY = fileURLToPath(new URL('relay.py', import.meta.url))

/**
 * Hosts of their own, in network namespaces of this machine, joined by lines with a rate, a delay and losses under
 * the kernel's real TCP. Nothing in them can reach beyond them. Disposing removes them, and so does the end of this
 * process in any way: the relay that carries the packets removes them when it hears no more of us.
 */
export class WideNetwork implements AsyncDisposable {
  static #opened = 0
  readonly hosts: readonly WideHost[]
  readonly #relay: ChildProcessByStdio<Writable, Readable, null>
  readonly #answers: Interface
  #congestion = ''

  private constructor(
    hosts: readonly WideHost[],
    relay: ChildProcessByStdio<Writable, Readable, null>,
    answers: Interface
  ) {
    this.hosts = hosts
    this.#relay = relay
    this.#answers = answers
  }

  /** Why this machine cannot have such a network, in one line; undefined when it can. */
  static missing(): string | undefined {
    if (process.platform !== 'linux') return 'it takes Linux'
    if (process.getuid?.() !== 0) return 'network namespaces take root'
    try {
      accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
    } catch {
      return 'there is no /dev/net/tun'
    }
    for (const [program, flag] of Object.entries({ ip: '-V', python3: '-V', sysctl: '-V' })) {
      if (spawnSync(program, [flag], { stdio: 'ignore' }).status !== 0) return `there is no ${program}`
    }
    return undefined
  }

  /** Makes the hosts and their lines. @throws when the machine refuses; nothing stays behind then */
  static async open(options: WideNetworkOptions): Promise<WideNetwork> {
    const name = `p2ps-${process.pid}-${++WideNetwork.#opened}`
    const hosts = Array.from({ length: options.hosts }, (_, i) => ({
      namespace: `${name}-${i + 1}`,
      address: `${NETWORK}${i + 1}`
    }))
    const plan = {
      hosts,
      bits: PREFIX_BITS,
      rate: options.rate,
      delay: options.rtt / 2000,
      queue: (options.rate * QUEUE_MS) / 1000,
      loss: options.loss,
      seed: options.seed,
      congestion: [options.congestion, 'reno']
    }
    const relay = spawn('python3', [RELAY, JSON.stringify(plan)], { stdio: ['pipe', 'pipe', 'inherit'] })
    const network = new WideNetwork(hosts, relay, createInterface({ input: relay.stdout }))
    try {
      network.#congestion = await network.#line()
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
    return network
  }

  /** The congestion control in use. */
  get congestion(): string {
    return this.#congestion
  }

  /** What the lines have carried so far. */
  async traffic(): Promise<WideTraffic> {
    this.#relay.stdin.write('\n')
    return JSON.parse(await this.#line()) as WideTraffic
  }

  /** The relay's process id: its CPU time tells whether the machine keeps up. */
  get pid(): number {
    return this.#relay.pid ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#relay.exitCode !== null || this.#relay.signalCode !== null) return
    const ended = new Promise((resolve) => this.#relay.once('close', resolve))
    this.#relay.stdin.end()
    await ended
  }

  #line(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const fail = (): void => reject(new Error('the relay of the network said nothing'))
    const limit = setTimeout(fail, START_LIMIT_MS)
    this.#answers.once('line', resolve)
    this.#answers.once('close', fail)
    return promise.finally(() => {
      clearTimeout(limit)
      this.#answers.removeListener('line', resolve)
      this.#answers.removeListener('close', fail)
    })
  }
}
