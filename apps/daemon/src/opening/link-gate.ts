import { type Clock, ShareError } from '@p2pshare/base'
import type { KeyValueStore, ShareRecord } from '@p2pshare/ports'
import { Pace } from '../remote/pace.ts'
import { CLICKS, UNDONE_LINKS } from './limits.ts'

const NOTHING = new Uint8Array(0)

/** What the gate looks at of a share. */
export interface LinkedShare {
  readonly record: Readonly<Pick<ShareRecord, 'cid' | 'complete' | 'state'>>
}

/** What the gate stands on. */
export interface LinkGateParts {
  /** Where it notes, over restarts, which shares came from links; bounded by {@link UNDONE_LINKS}. */
  values: KeyValueStore
  clock: Pick<Clock, 'now'>
  session: { shares(): readonly LinkedShare[] }
}

/**
 * Bounds the fetches that clicks on `p2pshare:` links begin. A browser runs `p2pshare open` for a link, and a page may
 * follow thousands of its own; who types a command is never held up by it.
 */
export class LinkGate {
  readonly #parts: LinkGateParts
  readonly #pace = new Pace({ own: CLICKS, all: CLICKS })
  readonly #beginning = new Set<string>()

  constructor(parts: LinkGateParts) {
    this.#parts = parts
  }

  /**
   * Begins a fetch of a link that was clicked; one of a share that is here already is no new job.
   * @throws ShareError `daemon.too-many-links`, and as `begin`
   */
  async pass<Job>(cid: string, begin: () => Promise<Job>): Promise<Job> {
    const { values, clock, session } = this.#parts
    if (session.shares().some(({ record }) => record.cid === cid) || this.#beginning.has(cid)) return begin()
    if (this.#undone() + this.#beginning.size >= UNDONE_LINKS)
      throw tooMany(`${UNDONE_LINKS} fetches of links are not done`)
    if (!this.#pace.take('', clock.now())) throw tooMany('very many links were opened within a short time')
    this.#beginning.add(cid)
    try {
      const job = await begin()
      values.put(cid, NOTHING)
      return job
    } finally {
      this.#beginning.delete(cid)
    }
  }

  /** Counts those that are not done, and forgets the others. */
  #undone(): number {
    const { values, session } = this.#parts
    const undone = new Set(
      session.shares().flatMap(({ record: { cid, complete, state } }) =>
        // Of one that is seeded and not complete only a part is wanted, which is here.
        complete || state === 'seeding' ? [] : [cid]
      )
    )
    const all = [...values.query('')].map(({ key }) => key)
    const over = all.filter((cid) => !undone.has(cid))
    if (over.length > 0) values.batch([], over)
    return all.length - over.length
  }
}

function tooMany(why: string): ShareError {
  return new ShareError({
    code: 'daemon.too-many-links',
    fault: 'user',
    message: `${why}, more than anybody clicks by hand; this one is not begun`,
    hint: 'Fetch it with p2pshare fetch <link>; p2pshare list shows the others, p2pshare remove <hash> ends one.'
  })
}
