import { mkdirSync } from 'node:fs'
import type { HomePaths } from '@p2pshare/control'
import { callerId, type DialledDaemon, dialDaemon } from '@p2pshare/network/remote'
import type { Log } from '@p2pshare/ports'
import { inHome } from '../in-home.ts'
import { networkChoice } from '../config/network-choice.ts'
import { systemClock } from '../system-clock.ts'

/** A daemon on another machine, and the way there. */
export interface DaemonPlace {
  /** Multiaddrs of the one daemon, each with its peer id. */
  addresses: readonly string[]
  /** As the options of this machine's daemon: `public`, `local`, a private network's name or key file. */
  network: string
  pnet: boolean
  bind?: string | undefined
}

/** The home of the command, and whom to tell what its user should know. */
export interface CommandHome {
  home: HomePaths
  warn: (text: string) => void
}

/**
 * Makes ready to call a daemon on another machine; the first stream dials.
 * @throws ShareError `daemon.bad-network-key`, and as `dialDaemon`
 */
export function callDaemon({ home, warn }: CommandHome, place: DaemonPlace): Promise<DialledDaemon> {
  makeHome(home)
  const { addresses, pnet, bind } = place
  const network = networkChoice(place.network, home.networksFolder)
  const log = warningsTo(warn)
  return dialDaemon({
    keyFile: home.clientKeyFile,
    ...{ addresses, pnet, bind, network, log, clock: systemClock }
  })
}

/** The peer id of this home's commands. @throws ShareError `network.bad-key-file` */
export function commandPeerId({ home, warn }: CommandHome): Promise<string> {
  makeHome(home)
  return callerId(home.clientKeyFile, warningsTo(warn))
}

function makeHome({ home }: HomePaths): void {
  inHome(home, () => mkdirSync(home, { recursive: true, mode: 0o700 }))
}

function warningsTo(warn: (text: string) => void): Log {
  const nothing = (): void => undefined
  const log: Log = {
    ...{ debug: nothing, info: nothing, error: nothing },
    warn: (_, message) => warn(message),
    child: () => log
  }
  return log
}
