import type { Listener, Transport } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ListenerBook } from './listener-book.ts'

/** What Node's `net.connect` is told besides host and port. */
export interface TcpDialOptions {
  localAddress?: string
  localPort?: number
}

/** What the transport asks. */
export interface TcpTransportInit {
  /**
   * Asked for each dial, the one place where the source of a TCP connection is chosen.
   * @throws when the address must not be dialled now
   */
  dialOptions: (target: Multiaddr) => TcpDialOptions
  /** Takes note of who listens where. */
  book: ListenerBook
}

/** libp2p's TCP, with a source chosen for each dial, and its listeners noted. */
export function tcpTransport(init: TcpTransportInit): ReturnType<typeof tcp> {
  const make = tcp()
  return (components) => {
    const transport = make(components)
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)
    const own: Pick<Transport, 'dial' | 'createListener'> = {
      // What is added here goes on to `net.connect` as it is.
      dial: async (target, options) =>
        dial(target, { ...options, ...init.dialOptions(target) } as typeof options),
      createListener: (options) => noted(createListener(options), init.book)
    }
    return Object.assign(transport, own)
  }
}

function noted(listener: Listener, book: ListenerBook): Listener {
  const listen = listener.listen.bind(listener)
  listener.listen = async (address) => {
    try {
      await listen(address)
    } catch (error) {
      // libp2p keeps a listener that never opened until it hears of its end.
      listener.dispatchEvent(new Event('close'))
      throw error
    }
    book.opened(address.toString(), listener)
    listener.addEventListener('close', () => book.closed(listener), { once: true })
  }
  return listener
}
