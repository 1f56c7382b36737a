import { type ByteRange, parseByteRange, printable } from '@p2pshare/base'
import type { RequestOf } from '@p2pshare/control'
import type { Invocation } from '../command.ts'
import { daemonPath } from '../daemon/daemon-path.ts'
import { usageError } from '../exit-code.ts'
import { givenLink } from '../options/given-link.ts'
import { checkedPlace } from '../share-ref.ts'

/** What `<hash>[/path] [path] --range --keep` ask for. */
export interface ReadPlan {
  readonly request: RequestOf<'read'>
  /** Something about the link that its user should know. */
  readonly note: string | undefined
}

/** @throws ShareError `content.malformed-link`, `cli.usage` */
export async function readPlan(call: Invocation): Promise<ReadPlan> {
  const { args, settings } = call
  const [, more = ''] = args
  const { ref, path, note } = await checkedPlace(await givenLink(call))
  const names = [...(path ?? '').split('/'), ...more.split('/')].filter((name) => name !== '')
  if (names.some((name) => name === '.' || name === '..'))
    throw usageError(
      `the path leads out of the share: ${printable(more, 100)}`,
      'Names lie below the hash: cat <hash> folder/file.'
    )
  const range = rangeOf(settings.text('range'))
  const request = {
    ref,
    ...(names.length === 0 ? {} : { path: names.join('/') }),
    ...(range === undefined ? {} : { range }),
    ...(settings.flag('keep') ? { keep: daemonPath(call, '.') } : {})
  }
  return { request, note }
}

function rangeOf(text: string | undefined): ByteRange | undefined {
  if (text === undefined) return undefined
  const range = parseByteRange(text)
  if (range === undefined)
    throw usageError(
      `--range is no range of bytes: ${printable(text, 60)}`,
      'Write 0-1023 (both ends count), 1024- for the rest, or -500 for the last 500.'
    )
  return range
}
