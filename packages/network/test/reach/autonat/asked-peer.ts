import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'

/** Takes a stream that somebody opened. */
export type StreamHandler = (stream: Stream, connection: Connection) => void

/** A registrar of which a test sees the handlers. */
export class Handlers {
  readonly byProtocol = new Map<string, StreamHandler>()

  async handle(protocol: string, handler: StreamHandler): Promise<void> {
    this.byProtocol.set(protocol, handler)
  }

  async unhandle(protocol: string): Promise<void> {
    this.byProtocol.delete(protocol)
  }
}

/** One end of a connection to `remote`, whose streams end at the handlers of `there`. */
export function connectionTo(
  remote: { peer: PeerId; address: string },
  there: { handlers: Handlers; seesUs: Connection } | undefined,
  more: Partial<Connection> = {}
): Connection {
  const fake = {
    remotePeer: remote.peer,
    remoteAddr: multiaddr(remote.address),
    direction: 'outbound',
    status: 'open',
    limits: undefined,
    async newStream(protocol: string) {
      const handler = there?.handlers.byProtocol.get(protocol)
      if (there === undefined || handler === undefined) throw new Error(`nobody speaks ${protocol}`)
      const [ours, theirs] = await streamPair()
      handler(theirs, there.seesUs)
      return ours
    },
    close: async () => undefined,
    abort: () => undefined,
    ...more
  }
  return fake as unknown as Connection
}
