import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import { usageError } from '../exit-code.ts'

/** A daemon of another machine. */
export interface SavedDaemon {
  name: string
  peerId: string
  /** Multiaddrs, each with the peer id at its end. */
  addresses: string[]
}

const MOST_DAEMONS = 100
const MOST_ADDRESSES = 16
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u
const PEER_ID = /^[1-9A-HJ-NP-Za-km-z]{40,80}$/

/** The daemons that have a name here. @throws ShareError `cli.daemons-damaged` */
export function savedDaemons(file: string): SavedDaemon[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw damaged(file)
  }
  try {
    return Object.entries(JSON.parse(text) as Record<string, string[]>).map(([name, addresses]) => {
      if (!NAME.test(name)) throw damaged(file)
      return { name, peerId: peerOf(addresses), addresses }
    })
  } catch {
    throw damaged(file)
  }
}

/**
 * Finds the daemon that a word means: an address, a name, or the peer id of one that has a name.
 * @throws ShareError `cli.usage`, `cli.unknown-daemon`, `cli.daemons-damaged`
 */
export function daemonNamed(file: string, word: string): SavedDaemon {
  if (word.startsWith('/')) return { name: word, peerId: peerOf([word]), addresses: [word] }
  const all = savedDaemons(file)
  const found = all.find(({ name }) => name === word) ?? all.find(({ peerId }) => peerId === word)
  if (found !== undefined) return found
  const those =
    all.length === 0 ? 'none is saved yet' : `saved are: ${all.map(({ name }) => name).join(', ')}`
  throw new ShareError({
    code: 'cli.unknown-daemon',
    fault: 'user',
    message: `no daemon is saved as ${printable(word, 100)} (${those})`,
    hint: 'Give its whole address, or save it: p2pshare daemon add <name> <address>.'
  })
}

/**
 * Gives a daemon a name; one that had that name loses it.
 * @throws ShareError `cli.usage`, `cli.daemons-damaged`, `cli.daemons-not-written`
 */
export function saveDaemon(file: string, name: string, addresses: string[]): SavedDaemon {
  if (!NAME.test(name) || PEER_ID.test(name))
    throw usageError(
      `${printable(name, 80)} cannot name a daemon`,
      'Take 1 to 64 letters, digits, dots, - or _; no peer id.'
    )
  if (addresses.length > MOST_ADDRESSES) throw usageError(`more than ${MOST_ADDRESSES} addresses are given`)
  const daemon = { name, peerId: peerOf(addresses), addresses }
  const others = savedDaemons(file).filter((one) => one.name !== name)
  if (others.length >= MOST_DAEMONS)
    throw usageError(`${MOST_DAEMONS} daemons are saved, the most there can be`)
  write(file, [...others, daemon])
  return daemon
}

/** @throws ShareError `cli.unknown-daemon`, `cli.daemons-damaged`, `cli.daemons-not-written` */
export function forgetDaemon(file: string, word: string): SavedDaemon {
  const daemon = daemonNamed(file, word)
  write(
    file,
    savedDaemons(file).filter(({ name }) => name !== daemon.name)
  )
  return daemon
}

/** The one peer id at the end of all addresses. @throws ShareError `cli.usage` */
function peerOf(addresses: readonly string[]): string {
  const ids = new Set(
    addresses.map((address) => {
      const [, peer = ''] = /^\/.*\/p2p\/([^/]+)$/.exec(address) ?? []
      if (address.length <= 1024 && PEER_ID.test(peer)) return peer
      throw usageError(
        `not the address of a daemon: ${printable(address, 200)}`,
        'Write it with its peer id, as p2pshare id shows it there: /ip4/192.0.2.1/tcp/4001/p2p/12D3Koo…'
      )
    })
  )
  const [peer] = ids
  if (peer !== undefined && ids.size === 1) return peer
  throw usageError('the addresses are of different daemons', 'All of them end in the same peer id.')
}

/** Whole or not at all: a temporary file takes the place of the old one. */
function write(file: string, daemons: readonly SavedDaemon[]): void {
  const text = JSON.stringify(
    Object.fromEntries(daemons.map(({ name, addresses }) => [name, addresses])),
    null,
    2
  )
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(temporary, `${text}\n`, { mode: 0o600, flush: true })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new ShareError({
      code: 'cli.daemons-not-written',
      fault: 'disk',
      message: `${printable(file)} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
      hint: 'Check the rights of the folder and the space on its disk.'
    })
  }
}

function damaged(file: string): ShareError {
  return new ShareError({
    code: 'cli.daemons-damaged',
    fault: 'user',
    message: `${printable(file)} cannot be read as names of daemons`,
    hint: 'Correct or remove it: it is one JSON object of names, each with a list of addresses.'
  })
}
