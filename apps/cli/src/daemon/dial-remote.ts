import type { Duplex } from 'node:stream'
import type { Invocation } from '../command.ts'
import { mergeSettings, readSoundConfig } from '../settings.ts'
import type { SavedDaemon } from './saved-daemons.ts'

/** What of the daemon's configuration says how this machine reaches others. */
const WAY = {
  network: { type: 'string', describe: '' },
  pnet: { type: 'boolean', describe: '' },
  bind: { type: 'string', describe: '' }
} as const

/** A way to open streams to a daemon of another machine. */
export interface DaemonStreams {
  open(): Promise<Duplex>
  close(): Promise<void>
}

/**
 * Dials a daemon of another machine as this machine's own daemon would: in its network, over its interface. The one
 * place besides `daemon run` where the command loads libp2p.
 */
export async function dialRemote(call: Invocation, { addresses }: SavedDaemon): Promise<DaemonStreams> {
  const { callDaemon } = await import('@p2pshare/daemon/remote')
  const { env } = call.around
  const file = readSoundConfig(call.home.configFile, WAY)
  const way = mergeSettings(WAY, { argv: {}, env, file })
  return callDaemon(commandHome(call), {
    addresses,
    network: call.settings.text('network') ?? way.text('network') ?? 'public',
    pnet: way.flag('pnet'),
    bind: way.text('bind')
  })
}

/** The peer id of this home's commands; made at the first time. @throws ShareError `network.bad-key-file` */
export async function commandId(call: Invocation): Promise<string> {
  const { commandPeerId } = await import('@p2pshare/daemon/remote')
  return commandPeerId(commandHome(call))
}

function commandHome({ home, terminal }: Invocation): {
  home: Invocation['home']
  warn: (text: string) => void
} {
  return { home, warn: (text) => terminal.note(text) }
}
