import { formatSize } from '@p2pshare/base'
import type { ShareEntryView } from '@p2pshare/control'
import type { createControlClient } from '@p2pshare/control/client'
import type { Candidate } from './wish.ts'

/** Names offered at most, and how long they are looked for, ms: a key press must not wait. */
const MOST_NAMES = 200
const LONGEST = 100

/** What a shell would have to quote, or what could harm its line: such names are written by hand. */
const AWKWARD = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}"'\\$`!*?[\](){}<>|&;#~]/u

/**
 * Files and folders of a share of this node that may stand where `hash/folder/na` ends; a folder ends in `/`. A share
 * that is not here is not looked for.
 * @throws ShareError when the daemon does not know the share, or does not answer
 */
export async function namesInShare(
  client: ReturnType<typeof createControlClient>,
  current: string
): Promise<Candidate[]> {
  const [ref = '', ...names] = current.split('/')
  const beginning = names.pop() ?? ''
  const path = names.join('/')
  await client.shareStatus({ ref })
  const skipped = path === '' ? 0 : path.length + 1
  const fits = (entry: ShareEntryView): boolean => {
    const inner = entry.path.slice(skipped)
    return inner !== '' && !inner.includes('/') && inner.startsWith(beginning) && !AWKWARD.test(inner)
  }
  const found: Candidate[] = []
  const request = path === '' ? { ref } : { ref, path }
  const until = performance.now() + LONGEST
  for await (const event of client.entries(request, AbortSignal.timeout(LONGEST))) {
    if (event.event === 'entries')
      for (const { kind, path: whole, size } of event.entries.filter(fits))
        found.push({ value: `${ref}/${whole}${kind === 'folder' ? '/' : ''}`, about: formatSize(size) })
    if (found.length >= MOST_NAMES || performance.now() > until) break
  }
  return found.slice(0, MOST_NAMES)
}
