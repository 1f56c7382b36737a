import { type ConfigKey, DAEMON_KEYS, variableOf } from '@p2pshare/control/config'

/** Variables of the XDG base directory specification that move the daemon's folders. */
const FOLDERS = ['XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME']

/** A choice in the environment of a shell, which a service manager does not pass on. */
export interface UnseenVariable {
  name: string
  /** The key of config.json of the same meaning; undefined of the daemon's folders. */
  key: string | undefined
  value: string
}

/**
 * What of this environment a daemon that is started here obeys, and one that starts at login does not.
 * @param hasHome - the service is told its home, so that the usual folders do not matter
 */
export function unseenVariables(
  env: Readonly<Record<string, string | undefined>>,
  hasHome: boolean,
  platform: NodeJS.Platform
): UnseenVariable[] {
  const keys = Object.entries<ConfigKey>(DAEMON_KEYS).flatMap(([key, { onlyInFile }]): UnseenVariable[] => {
    const name = variableOf(key)
    const value = env[name]
    return onlyInFile !== undefined || !value ? [] : [{ name, key, value }]
  })
  const areMoved = !hasHome && platform === 'linux'
  const folders = (areMoved ? FOLDERS : []).flatMap((name): UnseenVariable[] => {
    const value = env[name]
    return value?.startsWith('/') === true ? [{ name, key: undefined, value }] : []
  })
  return [...keys, ...folders]
}
