import type { HomePaths } from '@p2pshare/control'
import type { DaemonConfig } from '@p2pshare/control/config'
import type { Catalogue } from '@p2pshare/ports'
import type { DaemonLog } from './log/daemon-log.ts'
import { hookEnvironment } from './hooks/hook-environment.ts'
import { type HookedShare, Hooks } from './hooks/hooks.ts'
import { MetricsListener } from './metrics/metrics-listener.ts'

/** What stands beside the transfers and follows the configuration: hooks, metrics over TCP, levels of the log. */
export class SideParts {
  readonly #hooks: Hooks
  readonly #metrics: MetricsListener
  readonly #daemonLog: DaemonLog
  #readMetrics: () => Promise<string> = async () => ''

  /** @param parts.warnings - takes what is wrong with one of them while it is */
  constructor(
    parts: { home: HomePaths; catalogue: Catalogue; daemonLog: DaemonLog; warnings: string[] },
    config: DaemonConfig
  ) {
    const { home, catalogue, daemonLog, warnings } = parts
    const { log } = daemonLog
    this.#daemonLog = daemonLog
    this.#hooks = new Hooks(
      { catalogue, log: log.child('hooks'), home: home.home, env: hookEnvironment(process.env, home) },
      config
    )
    const read = (): Promise<string> => this.#readMetrics()
    this.#metrics = new MetricsListener({ log: log.child('metrics'), read, warnings })
  }

  /** To be called for each share before its work starts. */
  readonly follow = (...share: Parameters<Hooks['follow']>): void => this.#hooks.follow(...share)

  /** Puts another configuration in force. */
  readonly configure = async (config: DaemonConfig): Promise<void> => {
    this.#daemonLog.configure(config.log)
    this.#hooks.configure(config)
    await this.#metrics.configure(config)
  }

  /** Begins, once the daemon answers: a hook may ask it. */
  async start(
    config: DaemonConfig,
    shares: Iterable<HookedShare>,
    readMetrics: () => Promise<string>
  ): Promise<void> {
    this.#readMetrics = readMetrics
    this.#hooks.start(shares)
    await this.#metrics.configure(config)
  }

  async stop(): Promise<void> {
    await Promise.all([this.#hooks.stop(), this.#metrics.close()])
  }
}
