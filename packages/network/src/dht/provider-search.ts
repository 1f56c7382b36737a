import type { PeerId, PeerInfo } from '@libp2p/interface'
import { CROWD, LOOKUP } from '../limits/index.ts'
import type { LaneWalks } from './lane-walks.ts'
import type { LookupAnswer } from './run-lookup.ts'

/** A provider and how it came to us. */
export interface FoundProvider {
  provider: PeerInfo
  /** The server that named it. */
  from: PeerId
  /** Steps from our table to that server. */
  hops: number
}

/** How far a search has had to go: the usual lookup, a wider one, the whole region of a crowded key. */
export type SearchStage = 'usual' | 'wider' | 'region'

/**
 * Asks a DHT for providers of a key, and yields each once, as soon as it is heard of. The usual lookup
 * comes first. Only when it found nobody are more servers asked; and when the closest are so many
 * that somebody must have placed them there, whatever they said, all others of the key's region.
 *
 * Of one answer a few providers are passed on at once, the rest at the end: a liar who names many
 * must not use up what the consumer is willing to try.
 *
 * @throws the reason of `signal` when it fires
 */
export async function* searchProviders(
  walks: LaneWalks,
  key: Uint8Array,
  signal: AbortSignal,
  onStage: (stage: SearchStage) => void = () => undefined
): AsyncGenerator<FoundProvider> {
  const ration = new ProviderRation()
  const request = { type: 'GET_PROVIDERS', key } as const
  const lookup = walks.lookup(key)
  onStage('usual')
  for await (const answer of walks.run(lookup, request, signal)) yield* ration.take(answer)
  // Fewer than asked for are the whole network: there is nobody else to ask.
  if (lookup.closest.length < LOOKUP.replicas) return yield* ration.rest()
  await walks.learnSize(signal)
  const crowded = walks.isCrowded(lookup)
  if (ration.heard === 0 && !crowded) {
    onStage('wider')
    lookup.widen({ replicas: LOOKUP.widerReplicas })
    for await (const answer of walks.run(lookup, request, signal)) yield* ration.take(answer)
  }
  if (crowded) {
    onStage('region')
    const asked = new Set([...lookup.closest, ...lookup.unreachable].map(({ name }) => name))
    const others = (await walks.region(key, signal)).filter(({ name }) => !asked.has(name))
    // Whom the crowd names is the crowd: it must not use up the requests.
    const shape = { replicas: CROWD.maxServers, maxRequests: CROWD.maxServers, admits: () => false }
    const rest = walks.among(key, others, shape)
    for await (const answer of walks.run(rest, request, signal)) yield* ration.take(answer)
  }
  yield* ration.rest()
}

/** Providers that wait at most. */
const MAX_WAITING = 1000

/** Passes providers on, each once, and of each server only a few before all have been heard. */
class ProviderRation {
  readonly #seen = new Set<string>()
  readonly #waiting: FoundProvider[] = []

  /** Different providers named so far. */
  get heard(): number {
    return this.#seen.size
  }

  *take({ from, hops, providers }: LookupAnswer): Generator<FoundProvider> {
    let passed = 0
    for (const provider of providers) {
      const name = provider.id.toString()
      if (this.#seen.has(name) || this.#seen.size >= MAX_WAITING) continue
      const found = { provider, from, hops }
      if (passed < LOOKUP.promptProviders) {
        this.#seen.add(name)
        passed++
        yield found
      } else this.#waiting.push(found)
    }
  }

  *rest(): Generator<FoundProvider> {
    for (const found of this.#waiting.splice(0)) {
      const name = found.provider.id.toString()
      if (this.#seen.has(name)) continue
      this.#seen.add(name)
      yield found
    }
  }
}
