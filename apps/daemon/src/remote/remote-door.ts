import type { Duplex } from 'node:stream'
import { type Clock, ShareError } from '@p2pshare/base'
import { type CallServer, refusal } from '@p2pshare/control/server'
import type { CallTaker, CallVerdict } from '@p2pshare/network'
import type { Log } from '@p2pshare/ports'
import type { AuthorisedPeers } from './authorised-peers.ts'
import { CALLS, REFUSALS, TOLD } from './limits.ts'
import { Pace } from './pace.ts'

/** What {@link RemoteDoor} stands on. */
export interface RemoteDoorInit {
  authorised: AuthorisedPeers
  server: CallServer
  clock: Pick<Clock, 'now'>
  log: Log
}

/**
 * Who gets in from other machines. A stranger gets the same answer whether anybody is authorised or nobody, seldom and
 * unread; an authorised peer gets the server. Who is no longer authorised is out at once.
 */
export class RemoteDoor implements CallTaker {
  readonly #init: RemoteDoorInit
  readonly #calls = new Pace(CALLS)
  readonly #refusals = new Pace(REFUSALS)
  readonly #told = new Pace(TOLD)
  readonly #open = new Map<string, Set<Duplex>>()

  constructor(init: RemoteDoorInit) {
    this.#init = init
    init.authorised.onChange = (peerId) => {
      for (const stream of this.#open.get(peerId) ?? []) stream.destroy()
    }
  }

  judge(peer: string): CallVerdict {
    const now = this.#init.clock.now()
    if (this.knows(peer)) return this.#calls.take(peer, now) ? 'take' : refusal(tooOften())
    if (this.#told.take(peer, now))
      this.#init.log.warn(
        { peer },
        `a peer that is not authorised called; p2pshare authorize ${peer} lets it in`
      )
    return this.#refusals.take(peer, now) ? refusal(notAuthorised(peer)) : 'drop'
  }

  take(peer: string, stream: Duplex): void {
    const caller = this.#init.authorised.find(peer)
    if (caller === undefined) {
      stream.destroy()
      return
    }
    const streams = this.#open.get(peer) ?? new Set()
    this.#open.set(peer, streams.add(stream))
    stream.once('close', () => {
      streams.delete(stream)
      if (streams.size === 0) this.#open.delete(peer)
    })
    this.#init.server.serve(stream, caller)
  }

  knows(peer: string): boolean {
    return this.#init.authorised.find(peer) !== undefined
  }
}

function notAuthorised(peer: string): ShareError {
  return new ShareError({
    code: 'control.not-authorised',
    fault: 'user',
    message: `the daemon there does not take calls from this machine, whose peer id is ${peer}`,
    hint: `On the other machine: p2pshare authorize ${peer} --role read (or control).`,
    detail: { peer }
  })
}

function tooOften(): ShareError {
  return new ShareError({
    code: 'control.too-many-calls',
    fault: 'user',
    message: 'the daemon there was called too often within a short time',
    hint: 'Try again in a few seconds; p2pshare top shows everything in one call.'
  })
}
