import { ShareError } from '@p2pshare/base'

/** A router answered wrongly, or not at all; what it said, or what was wrong, in a few words. */
export function badRouter(what: string): ShareError {
  return new ShareError({
    code: 'network.bad-router',
    fault: 'network',
    message: what,
    hint: 'Restart the router, or forward the port on it by hand.'
  })
}

/** A peer broke a rule of AutoNAT; its stream is reset. */
export function badAutoNat(what: string): ShareError {
  return new ShareError({
    code: 'network.bad-autonat-message',
    fault: 'peer',
    message: `An AutoNAT message was not taken: ${what}.`
  })
}
