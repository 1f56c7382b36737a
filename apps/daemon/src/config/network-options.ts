import type { Clock, Rng } from '@p2pshare/base'
import type { HomePaths } from '@p2pshare/control'
import type { DaemonConfig } from '@p2pshare/control/config'
import type { NetworkOptions } from '@p2pshare/network'
import type { KeyValueStore, Log } from '@p2pshare/ports'
import { networkChoice } from './network-choice.ts'
import { relayChoice } from '../calls/relay-view.ts'
import { VERSION } from '../version.ts'

/** What {@link networkOptions} draws on. */
export interface NetworkOptionsInit {
  config: DaemonConfig
  home: HomePaths
  values: KeyValueStore
  log: Log
  clock: Clock
  rng: Rng
}

/** The node that the configuration asks for. @throws ShareError `daemon.bad-network-key` */
export function networkOptions({ config, home, ...parts }: NetworkOptionsInit): NetworkOptions {
  return {
    ...parts,
    keyFile: home.keyFile,
    listen: config.listen,
    bootstrap: config.bootstrap,
    network: networkChoice(config.network, home.networksFolder),
    encryption: config.encryption,
    pnet: config.pnet,
    mdns: config.mdns,
    relay: relayChoice(config),
    bind: config.bind,
    portMapping: config.portMapping ?? config.network !== 'local',
    agentVersion: `p2pshare/${VERSION}`
  }
}
