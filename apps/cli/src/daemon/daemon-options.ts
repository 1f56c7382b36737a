import { resolve } from 'node:path'
import type { OptionTable } from '../command.ts'
import { isNetworkName, printable } from '@p2pshare/base'
import { usageError } from '../exit-code.ts'
import { announceLevel } from '../options/announce-option.ts'
import { rateOption } from '../options/limit-options.ts'
import { checkRelayOptions } from '../options/relay-options.ts'

/** Options that the daemon reads itself from the environment and config.json; here only what the command line gives. */
export const DAEMON_OPTIONS: OptionTable = {
  listen: { type: 'list', describe: 'multiaddr to listen on (may be repeated)', file: false },
  bootstrap: { type: 'list', describe: 'multiaddr of a first peer (may be repeated)', file: false },
  network: {
    type: 'string',
    describe: 'public, local, or a private network: its name or key file',
    values: ['public', 'local'],
    file: false
  },
  encryption: {
    type: 'string',
    describe: 'what to prefer: noise or tls',
    values: ['noise', 'tls'],
    file: false
  },
  pnet: { type: 'boolean', describe: 'in a private network: encipher everything with its key', file: false },
  bind: { type: 'string', describe: 'use this interface or address only, such as wg0', file: false },
  mdns: { type: 'boolean', describe: 'look for peers on the local network by mDNS', file: false },
  'port-mapping': { type: 'boolean', describe: 'ask the router for a port (UPnP, NAT-PMP)', file: false },
  downloads: { type: 'string', describe: 'folder for downloads', values: 'files', file: false },
  up: { type: 'string', describe: 'rate limit for sending to start with, such as 2MB/s', file: false },
  down: { type: 'string', describe: 'rate limit for receiving to start with', file: false },
  'include-lan': { type: 'boolean', describe: 'limit peers on the local network, too', file: false },
  'upload-slots': { type: 'string', describe: 'how many peers are served at once, or auto', file: false },
  announce: {
    type: 'string',
    describe: 'what of shares is announced: roots, files or chunks',
    values: ['roots', 'files', 'chunks'],
    file: false
  },
  'anti-leech': { type: 'boolean', describe: 'prefer peers that begin or are nearly done', file: false },
  relay: {
    type: 'string',
    describe: 'what to relay for others: auto, off, signals, data',
    values: ['auto', 'off', 'signals', 'data'],
    file: false
  },
  'relay-budget': { type: 'string', describe: 'most bytes relayed as data: 10GiB/day, none', file: false },
  'relay-rate': { type: 'string', describe: 'most bytes relayed as data per second, or none', file: false },
  'relay-places': { type: 'string', describe: 'how many peers may be reached through here', file: false },
  log: { type: 'string', describe: 'how much is logged, such as info,network=debug', file: false }
}

/** The daemon options among the given ones. @throws ShareError `cli.usage` where one is no rate, or no encryption */
export function daemonOverrides(
  given: Readonly<Record<string, string | string[] | boolean>>
): Record<string, string | string[] | boolean> {
  for (const name of ['up', 'down'])
    rateOption(name, typeof given[name] === 'string' ? given[name] : undefined)
  announceLevel(given['announce'])
  const { encryption = 'noise' } = given
  if (encryption !== 'noise' && encryption !== 'tls')
    throw usageError(`--encryption is unknown: ${printable(String(encryption), 60)}`, 'Write noise or tls.')
  checkRelayOptions(given)
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(DAEMON_OPTIONS, name)))
}

/** The same as arguments of `daemon run`. */
export function daemonArguments(
  overrides: Readonly<Record<string, string | string[] | boolean>>,
  cwd: string
): string[] {
  return Object.entries(overrides).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.flatMap((one) => [`--${name}=${one}`])
    return [`--${name}=${typeof value === 'string' ? absoluteOption(name, value, cwd) : value}`]
  })
}

/** Options that name a file or folder; `network` only where it is no word. */
const PATHS = ['downloads', 'network']

/** A background daemon runs in its home, so paths relative to the caller's folder are made absolute. */
export function absoluteOption(name: string, value: string, cwd: string): string {
  const isWord = name === 'network' && (value === 'public' || value === 'local' || isNetworkName(value))
  return PATHS.includes(name) && !isWord && value !== '' ? resolve(cwd, value) : value
}

/** The environment for a background daemon; see {@link absoluteOption}. */
export function daemonEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string
): NodeJS.ProcessEnv {
  const changed: NodeJS.ProcessEnv = { ...env }
  for (const name of PATHS) {
    const variable = `P2PSHARE_${name.toUpperCase()}`
    const value = env[variable]
    if (value !== undefined) changed[variable] = absoluteOption(name, value, cwd)
  }
  return changed
}
