import { MINUTE, millis } from '@p2pshare/base'
import type { Allowance } from '../remote/limits.ts'

/** Fetches at once that began with a click on a link and are not done; a web page can click for its reader. */
export const UNDONE_LINKS = 50

/** How often a click may begin a fetch: small files of a page's own are done at once. */
export const CLICKS: Allowance = { burst: 20, every: millis(MINUTE / 2) }
