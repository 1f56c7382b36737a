import type { OptionTable } from '../command.ts'

/** Options that the daemon reads itself from the environment and config.json; here only what the command line gives. */
export const DAEMON_OPTIONS: OptionTable = {
  listen: { type: 'list', describe: 'multiaddr to listen on (may be repeated)', file: false },
  bootstrap: { type: 'list', describe: 'multiaddr of a first peer (may be repeated)', file: false },
  network: { type: 'string', describe: 'public, local, or a key file', file: false },
  mdns: { type: 'boolean', describe: 'look for peers on the local network by mDNS', file: false },
  downloads: { type: 'string', describe: 'folder for downloads', file: false }
}

/** The daemon options among the given ones. */
export function daemonOverrides(
  given: Readonly<Record<string, string | string[] | boolean>>
): Record<string, string | string[] | boolean> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(DAEMON_OPTIONS, name)))
}

/** The same as arguments of `daemon run`. */
export function daemonArguments(overrides: Readonly<Record<string, string | string[] | boolean>>): string[] {
  return Object.entries(overrides).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.flatMap((one) => [`--${name}=${one}`])
    return [`--${name}=${value}`]
  })
}
