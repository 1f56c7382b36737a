import { lookup, Resolver } from 'node:dns/promises'

/** Asks the world's name service; whoever calls bounds the time. */
export interface NameService {
  /** IP literals of a host; `family` undefined: both. */
  addresses(host: string, family: 4 | 6 | undefined): Promise<string[]>
  /** TXT records of a name. */
  texts(name: string): Promise<string[]>
}

/** The name service of this system. Hosts are looked up as other programs do, so that names of the LAN work too. */
export const systemNames: NameService = {
  async addresses(host, family) {
    return (await lookup(host, { all: true, family: family ?? 0 })).map(({ address }) => address)
  },
  async texts(name) {
    const resolver = new Resolver({ timeout: 1500, tries: 2 })
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''))
  }
}
