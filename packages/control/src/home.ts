import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'
import { isPipe } from './socket-path.ts'

/** Where a daemon keeps its things; all absolute. CLI and daemon compute it alike. */
export interface HomePaths {
  /** Data folder; its absolute path names the daemon: one daemon per home. */
  readonly home: string
  readonly configFile: string
  /** The node's private key, 0600. */
  readonly keyFile: string
  /** The private key of commands that call daemons on other machines, 0600; another one than the node's. */
  readonly clientKeyFile: string
  /** Names for daemons on other machines, and where they are. */
  readonly daemonsFile: string
  /** Keys of private networks, `<name>.key`. */
  readonly networksFolder: string
  readonly catalogueFile: string
  /** Unix socket (its folder is 0700 and holds nothing else), or the name of a pipe on Windows. */
  readonly socketPath: string
  readonly logFile: string
  /** pid, version, addresses of the running daemon; information only, the lock is the truth. */
  readonly daemonInfoFile: string
  /** Holds shares for as long as somebody reads them. */
  readonly readingFolder: string
}

/** What of a home the daemon and its commands read or write themselves: no download may take its place. */
export function ownFiles(paths: HomePaths): string[] {
  const { configFile, keyFile, clientKeyFile, daemonsFile, networksFolder } = paths
  const { catalogueFile, socketPath, logFile, daemonInfoFile, readingFolder } = paths
  const socket = isPipe(socketPath) ? [] : [posix.dirname(socketPath)]
  const read = [configFile, keyFile, clientKeyFile, daemonsFile, networksFolder]
  return [...read, catalogueFile, logFile, daemonInfoFile, readingFolder, ...socket]
}

/** Where to look for a home; every field has the process's own as default. */
export interface HomeQuery {
  /** `--home`; wins over the environment. */
  home?: string | undefined
  env?: Readonly<Record<string, string | undefined>>
  platform?: NodeJS.Platform
  /** What a relative `home` is relative to. */
  cwd?: string
}

/**
 * With `--home` or `P2PSHARE_HOME` everything lies below that folder; without, in the platform's
 * usual places: XDG base directories, `~/Library`, `%LOCALAPPDATA%`. The socket always lies in the
 * data folder, not in XDG_RUNTIME_DIR, which cron, ssh and a desktop set differently: the same
 * home must give the same socket everywhere. Reads no file.
 */
export function resolveHome(query: HomeQuery = {}): HomePaths {
  const env = query.env ?? process.env
  const platform = query.platform ?? process.platform
  const path = platform === 'win32' ? win32 : posix
  const chosen = query.home || env['P2PSHARE_HOME']
  const cwd = query.cwd ?? process.cwd()
  const folders = chosen ? oneFolder(path.resolve(cwd, chosen)) : usualFolders(platform, env)
  return {
    home: folders.data,
    configFile: path.join(folders.config, 'config.json'),
    keyFile: path.join(folders.data, 'identity.key'),
    clientKeyFile: path.join(folders.data, 'client.key'),
    daemonsFile: path.join(folders.config, 'daemons.json'),
    networksFolder: path.join(folders.config, 'networks'),
    catalogueFile: path.join(folders.data, 'catalogue.db'),
    socketPath:
      platform === 'win32' ? pipeName(folders.data) : path.join(folders.data, 'run', 'control.sock'),
    logFile: path.join(folders.log, 'daemon.log'),
    daemonInfoFile: path.join(folders.data, 'daemon.json'),
    readingFolder: path.join(folders.data, 'reading')
  }
}

interface Folders {
  data: string
  config: string
  log: string
}

const oneFolder = (folder: string): Folders => ({ data: folder, config: folder, log: folder })

/** The conventions of the XDG base directory specification 0.8, macOS and Windows. */
function usualFolders(platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>): Folders {
  const name = 'p2pshare'
  if (platform === 'win32') {
    const user = env['USERPROFILE'] ?? homedir()
    const base = win32.join(env['LOCALAPPDATA'] || win32.join(user, 'AppData', 'Local'), name)
    const config = win32.join(env['APPDATA'] || win32.join(user, 'AppData', 'Roaming'), name)
    return {
      data: win32.join(base, 'Data'),
      config: win32.join(config, 'Config'),
      log: win32.join(base, 'Log')
    }
  }
  const user = env['HOME'] || homedir()
  if (platform === 'darwin') {
    const library = posix.join(user, 'Library')
    const data = posix.join(library, 'Application Support', name)
    return { data, config: posix.join(library, 'Preferences', name), log: posix.join(library, 'Logs', name) }
  }
  // The specification says that relative values are to be ignored.
  const xdg = (variable: string, ...rest: string[]): string => {
    const value = env[variable]
    return posix.join(value?.startsWith('/') ? value : posix.join(user, ...rest), name)
  }
  return {
    data: xdg('XDG_DATA_HOME', '.local', 'share'),
    config: xdg('XDG_CONFIG_HOME', '.config'),
    log: xdg('XDG_STATE_HOME', '.local', 'state')
  }
}

/** Pipes share one flat name space, so the home's path is hashed into the name. */
function pipeName(home: string): string {
  // Loaded only here: an import would cost every command 6 ms.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return `\\\\.\\pipe\\p2pshare-${createHash('sha256').update(home.toLowerCase()).digest('hex').slice(0, 24)}`
}
