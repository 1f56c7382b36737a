import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { NetworkOptions } from '../network-options.ts'
import { prefixedValues } from '../store/prefixed-values.ts'
import { RelayService } from './relay-service.ts'

/** The relay of a node, as the node's options ask for it. */
export function createRelay(options: NetworkOptions, libp2p: Libp2p, privateKey: PrivateKey): RelayService {
  const { clock, relay: config = {}, log } = options
  const values = prefixedValues(options.values, 'relay/')
  return new RelayService({ libp2p, privateKey, values, config, clock, log: log.child('relay') })
}
