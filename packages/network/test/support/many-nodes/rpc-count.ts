import type { Kad } from '../../../src/dht/kad-internals.ts'

/** What a node has sent and taken since the start, or since {@link RpcCount.reset}. */
export class RpcCount {
  /** Requests sent, by type (`FIND_NODE`, `GET_PROVIDERS` …), answered or not. */
  readonly requests = new Map<string, number>()
  /** Requests without an answer. */
  failed = 0
  /** DHT streams that others opened to this node. */
  streamsIn = 0
  /** Provider records that others stored here, renewals included. */
  recordsIn = 0

  /** All requests sent. */
  get sent(): number {
    return [...this.requests.values()].reduce((sum, count) => sum + count, 0)
  }

  reset(): void {
    this.requests.clear()
    this.failed = 0
    this.streamsIn = 0
    this.recordsIn = 0
  }

  /** Adds what another has counted. */
  add(other: RpcCount): void {
    for (const [type, count] of other.requests) this.requests.set(type, this.of(type) + count)
    this.failed += other.failed
    this.streamsIn += other.streamsIn
    this.recordsIn += other.recordsIn
  }

  /** Requests of one type. */
  of(type: string): number {
    return this.requests.get(type) ?? 0
  }
}

/** Counts what a DHT service sends and is sent; call it when `serveRequests` has taken its place. */
export function countRpcs(kad: Kad, count: RpcCount): void {
  const network = kad.network as unknown as {
    sendRequest: (
      to: unknown,
      message: { type: string },
      options: unknown
    ) => AsyncGenerator<{ name: string }>
  }
  const send = network.sendRequest.bind(network)
  network.sendRequest = async function* (to, message, options) {
    count.requests.set(message.type, count.of(message.type) + 1)
    for await (const event of send(to, message, options)) {
      if (event.name === 'QUERY_ERROR') count.failed++
      yield event
    }
  }
  const serve = kad.rpc.onIncomingStream.bind(kad.rpc)
  kad.rpc.onIncomingStream = async (stream, connection) => {
    count.streamsIn++
    await serve(stream, connection)
  }
}
