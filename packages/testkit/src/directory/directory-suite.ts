import type {
  ContentKey,
  Directory,
  FindReport,
  KeyList,
  PeerName,
  Provider,
  Publication
} from '@p2pshare/ports'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Peers of one network, each with its directory. */
export interface DirectoryWorld {
  /** At least three peers that can find each other. */
  peers: readonly { self: PeerName; directory: Directory }[]
  close(): Promise<void>
}

/** Time after which a search that must succeed is a failure. */
const PATIENCE = 15_000

/**
 * What every {@link Directory} must do.
 * @param name - of the implementation, for the test's title
 * @param make - a fresh world for each test
 */
export function directorySuite(name: string, make: () => Promise<DirectoryWorld>): void {
  describe(`directory: ${name}`, () => {
    let world: DirectoryWorld
    beforeEach(async () => {
      world = await make()
    })
    afterEach(() => world.close())
    const peer = (index: number): { self: PeerName; directory: Directory } => {
      const found = world.peers[index]
      if (found === undefined) throw new RangeError(`the world has no peer ${index}`)
      return found
    }

    it('names its DHTs, and asks one alone', async () => {
      const [publisher, seeker] = [peer(0), peer(1)]
      const { sources } = seeker.directory
      expect(sources.length).toBeGreaterThan(0)
      const share = samplePublication('alone', 1, 1)
      publisher.directory.publish(share)
      for (const only of sources) {
        const reports: FindReport[] = []
        const options = {
          signal: AbortSignal.timeout(PATIENCE),
          only,
          onReport: (each: FindReport) => reports.push(each)
        }
        for await (const provider of seeker.directory.find(share.root, options))
          expect(provider.source).toBe(only)
        expect(reports.map(({ source }) => source)).toEqual([only])
      }
    })

    it('finds root, files and chunks that another peer published', async () => {
      const share = samplePublication('alpha', 2, 5)
      peer(0).directory.publish(share)
      for (const key of [share.root, share.files.key(1), share.chunks.key(4)]) {
        const provider = await findFirst(peer(1).directory, key)
        expect(provider?.peer).toBe(peer(0).self)
        expect(provider?.addresses.length).toBeGreaterThan(0)
      }
    })

    it('gives every provider once and never the asker itself', async () => {
      const share = samplePublication('beta', 1, 1)
      peer(0).directory.publish(share)
      peer(1).directory.publish(share)
      peer(2).directory.publish(share)
      const expected = [peer(0).self, peer(1).self].toSorted()
      let found: PeerName[] = []
      for (const end = performance.now() + PATIENCE; performance.now() < end && found.length < 2; ) {
        found = (await findAll(peer(2).directory, share.root)).providers.map((each) => each.peer)
      }
      expect(found.toSorted()).toEqual(expected)
    })

    it('reports that nobody has a key', async () => {
      const { providers, reports } = await findAll(peer(1).directory, sampleKey('never published'))
      expect(providers).toEqual([])
      expect(reports.length).toBeGreaterThan(0)
      expect(reports.every((report) => report.providers === 0 && report.outcome !== 'found')).toBe(true)
    })

    it('ends without a throw when the search is called off', async () => {
      const signal = AbortSignal.abort()
      const providers: Provider[] = []
      for await (const provider of peer(1).directory.find(sampleKey('x'), { signal }))
        providers.push(provider)
      expect(providers).toEqual([])
    })

    it('counts what it announces, replaces lists, and forgets what is withdrawn', async () => {
      const { directory } = peer(0)
      expect(directory.publicationStatus('gamma')).toBeUndefined()
      directory.publish(samplePublication('gamma', 1, 3))
      expect(directory.publicationStatus('gamma')?.total).toBe(5)
      directory.publish(samplePublication('gamma', 1, 10))
      expect(directory.publicationStatus('gamma')?.total).toBe(12)
      directory.withdraw('gamma')
      expect(directory.publicationStatus('gamma')).toBeUndefined()
    })
  })
}

/** A publication whose keys follow from its name. */
export function samplePublication(share: string, files: number, chunks: number): Publication {
  return {
    share,
    root: sampleKey(share),
    files: sampleKeys(`${share}/f`, files),
    chunks: sampleKeys(`${share}/c`, chunks)
  }
}

function sampleKeys(name: string, count: number): KeyList {
  return { count, key: (index) => sampleKey(`${name}${index}`) }
}

/** 32 bytes that look like a digest; different texts give different keys. */
export function sampleKey(text: string): ContentKey {
  const key = new Uint8Array(32)
  let state = 0x811c9dc5
  for (let i = 0; i < 256; i++) {
    // FNV-1a over the text and the position, folded into the key.
    state = Math.imul(state ^ (text.charCodeAt(i % Math.max(1, text.length)) + i), 0x01000193)
    key[i % 32] = (key[i % 32] ?? 0) ^ (state >>> 13)
  }
  return key
}

async function findAll(
  directory: Directory,
  key: ContentKey
): Promise<{ providers: Provider[]; reports: FindReport[] }> {
  const providers: Provider[] = []
  const reports: FindReport[] = []
  const options = {
    signal: AbortSignal.timeout(PATIENCE),
    onReport: (report: FindReport) => reports.push(report)
  }
  for await (const provider of directory.find(key, options)) providers.push(provider)
  return { providers, reports }
}

/** Searches again until somebody is found: announcing takes a moment. */
async function findFirst(directory: Directory, key: ContentKey): Promise<Provider | undefined> {
  for (const end = performance.now() + PATIENCE; performance.now() < end; ) {
    const provider = (await findAll(directory, key)).providers[0]
    if (provider !== undefined) return provider
  }
  return undefined
}
