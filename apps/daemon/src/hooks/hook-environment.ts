import { dirname } from 'node:path'
import type { HomePaths } from '@p2pshare/control'

/**
 * Variables for a hook: the daemon's own, and the home where one was chosen (`--home` is no variable, and a relative
 * one would mean another folder there), so that `p2pshare` in a hook talks to the daemon that runs it.
 */
export function hookEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  { home, configFile }: Pick<HomePaths, 'home' | 'configFile'>
): Readonly<Record<string, string | undefined>> {
  const isChosen = dirname(configFile) === home
  return isChosen ? { ...env, P2PSHARE_HOME: home } : env
}
