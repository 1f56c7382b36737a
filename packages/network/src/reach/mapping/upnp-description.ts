import { elementsNamed, textOf, type XmlElement } from './xml.ts'

/** Services that map ports, best first (UPnP IGD 1 and 2). */
const TYPES = [
  'urn:schemas-upnp-org:service:WANIPConnection:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
  'urn:schemas-upnp-org:service:WANPPPConnection:1'
]

/** Where a router takes orders: a path on its own host. */
export interface ControlPoint {
  type: string
  path: string
}

/**
 * Finds the service that maps ports in a router's description. A control address on another host or port than the
 * description's is not taken: the router is asked, nobody else.
 * @param base - address of the description
 */
export function controlPointIn(description: XmlElement, base: URL): ControlPoint | undefined {
  const services = elementsNamed(description, 'service')
  for (const type of TYPES) {
    for (const service of services) {
      const control = textOf(service, 'controlURL')
      if (textOf(service, 'serviceType') !== type || control === undefined) continue
      if (control === '' || control.length > 512 || !URL.canParse(control, base)) continue
      const url = new URL(control, base)
      if (url.origin === base.origin) return { type, path: `${url.pathname}${url.search}` }
    }
  }
  return undefined
}
