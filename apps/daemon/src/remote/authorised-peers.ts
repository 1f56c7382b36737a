import { printable, ShareError } from '@p2pshare/base'
import { type AuthorisedPeer, authorisedPeer, MOST_AUTHORISED, type Role } from '@p2pshare/control'
import type { KeyValueStore } from '@p2pshare/ports'

const PREFIX = 'peer:'

/** Peers on other machines that may call this daemon, kept in the catalogue. What cannot be read there may not call. */
export class AuthorisedPeers {
  readonly #values: KeyValueStore
  readonly #peers = new Map<string, AuthorisedPeer>()
  /** Told of a peer whose role is another one now, or that may no longer call. */
  onChange: (peerId: string) => void = () => undefined

  constructor(values: KeyValueStore) {
    this.#values = values
    for (const { key, value } of values.query(PREFIX)) {
      const parsed = authorisedPeer.safeParse(decode(value))
      if (parsed.success && key === PREFIX + parsed.data.peerId)
        this.#peers.set(parsed.data.peerId, parsed.data)
    }
  }

  find(peerId: string): AuthorisedPeer | undefined {
    return this.#peers.get(peerId)
  }

  /** In the order in which they were authorised. */
  all(): AuthorisedPeer[] {
    return [...this.#peers.values()].sort((a, b) => a.since - b.since || (a.peerId < b.peerId ? -1 : 1))
  }

  /**
   * Lets a peer call, or changes its role; without a name it keeps the one it has.
   * @param now - wall time, ms
   * @throws ShareError `daemon.name-taken`, `daemon.too-many-authorised`
   */
  put(peer: { peerId: string; role: Role; name?: string | undefined }, now: number): void {
    const before = this.#peers.get(peer.peerId)
    const name = peer.name ?? before?.name
    const other = this.all().find((each) => each.name !== undefined && each.name === name)
    if (other !== undefined && other.peerId !== peer.peerId) throw nameTaken(other)
    if (before === undefined && this.#peers.size >= MOST_AUTHORISED) throw tooMany()
    const record: AuthorisedPeer = {
      peerId: peer.peerId,
      role: peer.role,
      ...(name === undefined ? {} : { name }),
      since: before?.since ?? now
    }
    this.#values.put(PREFIX + peer.peerId, Buffer.from(JSON.stringify(record)))
    this.#peers.set(peer.peerId, record)
    if (before !== undefined && before.role !== record.role) this.onChange(peer.peerId)
  }

  /**
   * From now on the peer may not call.
   * @param peer - its peer id, or its name
   * @throws ShareError `daemon.not-authorised-peer`
   */
  remove(peer: string): AuthorisedPeer {
    const found = this.#peers.get(peer) ?? this.all().find(({ name }) => name === peer)
    if (found === undefined) throw unknown(peer)
    this.#values.delete(PREFIX + found.peerId)
    this.#peers.delete(found.peerId)
    this.onChange(found.peerId)
    return found
  }
}

function decode(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString())
  } catch {
    return undefined
  }
}

function nameTaken({ name = '', peerId }: AuthorisedPeer): ShareError {
  return new ShareError({
    code: 'daemon.name-taken',
    fault: 'user',
    message: `${printable(name)} is the name of another authorised peer, ${peerId}`,
    hint: 'Choose another --name, or p2pshare unauthorize that one first.'
  })
}

function tooMany(): ShareError {
  return new ShareError({
    code: 'daemon.too-many-authorised',
    fault: 'user',
    message: `${MOST_AUTHORISED} peers are authorised, which is the most there can be`,
    hint: 'See p2pshare authorize --list, and p2pshare unauthorize those that are not needed.'
  })
}

function unknown(peer: string): ShareError {
  return new ShareError({
    code: 'daemon.not-authorised-peer',
    fault: 'user',
    message: `no authorised peer has the id or name ${printable(peer, 100)}`,
    hint: 'See p2pshare authorize --list.'
  })
}
