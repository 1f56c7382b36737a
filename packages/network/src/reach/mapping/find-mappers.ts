import { NatPmp } from './nat-pmp.ts'
import { failed, type FindMappers, type MappingFailure, type PortMapper, type Route } from './port-mapper.ts'
import { searchRouters } from './ssdp.ts'
import { Upnp } from './upnp.ts'

/** Both protocols at once; where a router speaks both, the simpler one is used first. */
export const findMappers: FindMappers = async (route, signal) => {
  const [natPmp, upnp] = await Promise.all([findNatPmp(route, signal), findUpnp(route, signal)])
  const found = [natPmp, upnp].filter((each) => each !== undefined)
  return {
    mappers: found.filter((each): each is PortMapper => 'protocol' in each),
    failure: found.find((each): each is MappingFailure => 'state' in each)
  }
}

async function findNatPmp(
  { gateway, local }: Route,
  signal: AbortSignal
): Promise<PortMapper | MappingFailure | undefined> {
  if (gateway === undefined) return undefined
  const router = new NatPmp(gateway, local)
  const speaks = await router.speaks(signal)
  if (speaks === 'yes') return router
  return speaks === 'no'
    ? undefined
    : failed('nonsense', 'The router answers over NAT-PMP with something that makes no sense.').failure
}

async function findUpnp(route: Route, signal: AbortSignal): Promise<PortMapper | MappingFailure | undefined> {
  const offers = await searchRouters(route, signal)
  const offer = offers.find((each) => each !== 'elsewhere')
  if (offer !== undefined)
    return Upnp.at({ host: offer.host, port: offer.port, local: route.local }, offer.path, signal)
  if (offers.length === 0) return undefined
  return failed('nonsense', 'The router speaks UPnP, but points to another host, which is not asked.').failure
}
