import { NatPmp } from './nat-pmp.ts'
import { failed, type FindMappers, type MappingFailure, type PortMapper, type Route } from './port-mapper.ts'
import { searchRouters } from './ssdp.ts'
import { Upnp } from './upnp.ts'

type Found = PortMapper | MappingFailure | undefined

/** Both protocols at once; who answers first is asked first. */
export const findMappers: FindMappers = async function* (route, signal) {
  const ending = new AbortController()
  const onAbort = (): void => ending.abort()
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    const natPmp = findNatPmp(route, ending.signal).then((found): [0 | 1, Found] => [0, found])
    const upnp = findUpnp(route, ending.signal).then((found): [0 | 1, Found] => [1, found])
    const [first, found] = await Promise.race([natPmp, upnp])
    if (found !== undefined) yield found
    const [, other] = await (first === 0 ? upnp : natPmp)
    if (other !== undefined) yield other
  } finally {
    signal.removeEventListener('abort', onAbort)
    ending.abort()
  }
}

async function findNatPmp({ gateway, local }: Route, signal: AbortSignal): Promise<Found> {
  if (gateway === undefined) return undefined
  const router = new NatPmp(gateway, local)
  const speaks = await router.speaks(signal)
  if (speaks === 'yes') return router
  return speaks === 'no'
    ? undefined
    : failed('nonsense', 'The router answers over NAT-PMP with something that makes no sense.').failure
}

async function findUpnp(route: Route, signal: AbortSignal): Promise<Found> {
  const offers = await searchRouters(route, signal)
  const offer = offers.find((each) => each !== 'elsewhere')
  if (offer !== undefined)
    return Upnp.at({ host: offer.host, port: offer.port, local: route.local }, offer.path, signal)
  if (offers.length === 0) return undefined
  return failed('nonsense', 'The router speaks UPnP, but points to another host, which is not asked.').failure
}
