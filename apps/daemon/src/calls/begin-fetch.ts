import { canonicalCid, parseShareRef } from '@p2pshare/content'
import type { FetchCheck, FetchRequest } from '@p2pshare/control'
import type { ShareDriver } from '@p2pshare/session'
import type { ServiceParts } from './service.ts'

/**
 * Makes the job of a fetch, or joins the one there is.
 * @throws ShareError as `Session.fetch`; `daemon.too-many-links` for one that was clicked
 */
export async function beginFetch(
  { session, links, config }: Pick<ServiceParts, 'session' | 'links' | 'config'>,
  { ref, folder = config.downloads, order, clicked, ...rest }: FetchRequest
): Promise<ShareDriver> {
  const link = parseShareRef(ref)
  const begin = (): Promise<ShareDriver> => session.fetch(link, { ...rest, folder })
  const driver = await (clicked === true ? links.pass(canonicalCid(link.root), begin) : begin())
  if (order !== undefined) driver.wishes.setOrder(order)
  return driver
}

/**
 * Sees to it that such a fetch could begin, and leaves no trace.
 * @throws ShareError as `Session.checkFetch`
 */
export async function checkFetch(
  { session, config }: Pick<ServiceParts, 'session' | 'config'>,
  { ref: text, folder = config.downloads, output, force, adopt }: FetchRequest
): Promise<FetchCheck> {
  const ref = parseShareRef(text)
  await session.checkFetch(ref, { folder, output, force, adopt })
  return { cid: canonicalCid(ref.root) }
}
