import { printable, ShareError } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type AddressScope, inScope } from './address-scope.ts'

/** Configured addresses of one kind; more are refused. */
const MAX_ADDRESSES = 64

/**
 * Checks configured multiaddrs.
 * @param option - name of the option they come from, for the message
 * @throws ShareError `network.bad-address`
 */
export function parseAddresses(texts: readonly string[], option: string): Multiaddr[] {
  if (texts.length > MAX_ADDRESSES) throw badAddress(`more than ${MAX_ADDRESSES} addresses`, option)
  return texts.map((text) => {
    try {
      return multiaddr(text)
    } catch (error) {
      throw badAddress(printable(text), option, error)
    }
  })
}

/**
 * The bootstrap peers that may be used in a scope; the others are left out with a line in the log.
 * @throws ShareError `network.bad-address` for what is no multiaddr or names no peer
 */
export function bootstrapIn(texts: readonly string[], scope: AddressScope, log: Log): string[] {
  const out: string[] = []
  for (const address of parseAddresses(texts, 'bootstrap')) {
    if (!address.getComponents().some((part) => part.name === 'p2p'))
      throw badAddress(`${address.toString()} (it does not end in /p2p/<peer id>)`, 'bootstrap')
    if (inScope(address, scope)) out.push(address.toString())
    else
      log.warn({ address: address.toString() }, 'bootstrap peer left out: it lies outside the local network')
  }
  return out
}

function badAddress(what: string, option: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'network.bad-address',
    fault: 'user',
    message: `Option "${option}" holds ${what}, which is not usable as an address.`,
    hint: 'Write addresses as multiaddrs, such as /ip4/192.0.2.1/tcp/4001/p2p/12D3Koo…',
    ...(cause === undefined ? {} : { cause })
  })
}
