import type { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { BoundInterface, bindMissing } from '../connections/bound-interface.ts'
import { boundNames } from '../connections/bound-names.ts'
import { ListenerBook } from '../connections/listener-book.ts'
import { localAddresses } from '../connections/local-addresses.ts'
import { tcpTransport } from '../connections/tcp-transport.ts'
import { type NameService, systemNames } from '../dialing/name-service.ts'

/** How a node that only dials gets out. */
export interface WayOut {
  transport: ReturnType<typeof tcp>
  mayDial: (target: Multiaddr) => boolean
  names: NameService
}

/**
 * The way out over one interface or address, or over any, for a node that lives for a moment: what is there when it
 * begins counts to its end.
 * @throws ShareError `network.bad-bind`, `network.bind-missing`
 */
export function wayOut(bind: string | undefined): WayOut {
  const book = new ListenerBook()
  if (bind === undefined)
    return {
      transport: tcpTransport({ dialOptions: () => ({}), book }),
      mayDial: () => true,
      names: systemNames
    }
  const bound = new BoundInterface(bind, localAddresses() ?? new Map())
  if (bound.missing) throw bindMissing(bind)
  return {
    transport: tcpTransport({
      dialOptions(target) {
        const localAddress = bound.sourceFor(target)
        if (localAddress === undefined) throw bindMissing(bind)
        return { localAddress }
      },
      book
    }),
    mayDial: (target) => bound.sourceFor(target) !== undefined,
    names: boundNames(bound, localAddresses)
  }
}
