import { networkInterfaces } from 'node:os'

/** The addresses of this machine by interface: IPv4 and IPv6 literals without a zone, only interfaces that are up. */
export type LocalAddresses = ReadonlyMap<string, readonly string[]>

/** Asks the system; cheap enough for every second. Undefined when it does not say. */
export function localAddresses(): LocalAddresses | undefined {
  try {
    const found = new Map<string, string[]>()
    for (const [name, list] of Object.entries(networkInterfaces())) {
      if (list !== undefined)
        found.set(
          name,
          list.map(({ address }) => bareAddress(address))
        )
    }
    return found
  } catch {
    // Some systems refuse for a moment while interfaces change.
    return undefined
  }
}

/** An address as it is compared: without a zone, IPv4 as IPv4 also where it is written as IPv6. */
export function bareAddress(address: string): string {
  const bare = address.split('%')[0] ?? address
  return bare.toLowerCase().startsWith('::ffff:') && bare.includes('.') ? bare.slice(7) : bare
}

/** What has changed between two looks. */
export interface AddressChange {
  gone: ReadonlySet<string>
  come: ReadonlySet<string>
}

/** Compares two looks. */
export function changeOf(before: LocalAddresses, after: LocalAddresses): AddressChange {
  const old = new Set([...before.values()].flat())
  const now = new Set([...after.values()].flat())
  return {
    gone: new Set([...old].filter((address) => !now.has(address))),
    come: new Set([...now].filter((address) => !old.has(address)))
  }
}
