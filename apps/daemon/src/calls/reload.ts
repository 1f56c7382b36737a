import type { ReloadResult } from '@p2pshare/control'
import { DAEMON_KEYS, type DaemonConfig } from '@p2pshare/control/config'
import type { ServiceParts } from './service.ts'
import { controlChoice } from './control-view.ts'
import { relayChoice } from './relay-view.ts'

type Key = keyof DaemonConfig

/** What a reload changes of the daemon. */
type ReloadedParts = Pick<
  ServiceParts,
  'config' | 'configWarnings' | 'readConfig' | 'onReload' | 'warnings'
> & {
  disk: Pick<ServiceParts['disk'], 'configure'>
  session: {
    limits: Pick<ServiceParts['session']['limits'], 'configure'>
    controls: Pick<ServiceParts['session']['controls'], 'configure'>
  }
  network: { relaying: Pick<ServiceParts['network']['relaying'], 'configure'> }
}

/**
 * Reads the configuration anew and puts in force what a running daemon can change. Nothing changes where a value is
 * not valid. Its warnings are those of the file, and what goes wrong from now on. @throws ShareError `daemon.bad-config`
 */
export async function reload(parts: ReloadedParts): Promise<ReloadResult> {
  const { config: fresh, overruled, warnings } = parts.readConfig()
  parts.configWarnings = warnings
  const changed = (Object.keys(DAEMON_KEYS) as Key[]).filter(
    (key) => JSON.stringify(parts.config[key]) !== JSON.stringify(fresh[key])
  )
  const applied = changed.filter((key) => DAEMON_KEYS[key].counts === 'at once')
  const before = new Set(parts.warnings)
  if (applied.length > 0) {
    const values = Object.fromEntries(applied.map((key) => [key, fresh[key]]))
    parts.config = { ...parts.config, ...values }
    parts.session.limits.configure(parts.config)
    parts.disk.configure(parts.config)
    parts.session.controls.configure(controlChoice(parts.config))
    parts.network.relaying.configure(relayChoice(parts.config))
  }
  // Even where nothing changed: what was in trouble is tried again.
  await parts.onReload(parts.config)
  const pending = changed.filter((key) => !applied.includes(key))
  const fromNow = parts.warnings.filter((warning) => !before.has(warning))
  return { applied, pending, overruled, warnings: [...warnings, ...fromNow] }
}
