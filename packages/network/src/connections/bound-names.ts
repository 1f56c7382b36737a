import { Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import type { NameService } from '../dialing/name-service.ts'
import { type BoundInterface, bindMissing } from './bound-interface.ts'
import type { LocalAddresses } from './local-addresses.ts'

/**
 * A name service whose questions leave from the bound address, too. It asks DNS servers itself: names that only this
 * system knows (its hosts file, those of mDNS) are not found.
 *
 * A resolver that cannot bind asks from any address, so what is there is looked up for each question.
 */
export function boundNames(bound: BoundInterface, local: () => LocalAddresses | undefined): NameService {
  const resolver = (): Resolver => {
    bound.update(local() ?? new Map())
    const { ip4, ip6 } = bound.addresses
    const own = new Resolver({ timeout: 1500, tries: 2 })
    const servers = own.getServers().filter((server) => (isOfIPv6(server) ? ip6 : ip4) !== undefined)
    if (servers.length === 0) throw bindMissing(bound.name)
    own.setServers(servers)
    own.setLocalAddress(ip4, ip6)
    return own
  }
  return {
    async addresses(host, family) {
      const own = resolver()
      if (family === 4) return own.resolve4(host)
      if (family === 6) return own.resolve6(host)
      // One family is enough: many names have no other.
      const answers = await Promise.allSettled([own.resolve4(host), own.resolve6(host)])
      const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      return found.length > 0 ? found : own.resolve4(host)
    },
    async texts(name) {
      return (await resolver().resolveTxt(name)).map((parts) => parts.join(''))
    }
  }
}

/** Servers are IP literals, perhaps with a port: `192.0.2.1:53`, `[2001:db8::1]:53`. */
function isOfIPv6(server: string): boolean {
  return server.startsWith('[') || isIPv6(server)
}
