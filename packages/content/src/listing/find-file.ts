import { printable, ShareError } from '@p2pshare/base'
import { type Entries, inSteps, liesIn, lookForEntry } from './find-entry.ts'

/**
 * The number of the one file at a path; of a share that is a single file, at the empty one. The caller lets others run
 * between two steps.
 * @throws ShareError `content.no-such-entry`, `content.is-folder`
 */
export function* fileAt(entries: Entries, names: readonly string[]): Generator<void, number> {
  let below = 0
  let example: readonly string[] | undefined
  for (const next of inSteps<{ path: readonly string[] }>(entries.files)) {
    if (next === undefined) {
      yield
      continue
    }
    const [file, { path }] = next
    if (!liesIn(path, names)) continue
    if (path.length === names.length) return file
    below++
    example ??= path
  }
  yield* lookForEntry(entries, names)
  throw isFolder(names, below, example)
}

function isFolder(
  names: readonly string[],
  files: number,
  example: readonly string[] | undefined
): ShareError {
  const what = names.length === 0 ? 'the share' : `"${printable(names.join('/'), 200)}"`
  const such = example === undefined ? '' : `, such as "${printable(example.join('/'), 200)}"`
  return new ShareError({
    code: 'content.is-folder',
    fault: 'user',
    message: `${what} is a folder with ${files} ${files === 1 ? 'file' : 'files'}${such}`,
    hint: 'Name one file: p2pshare ls <hash> lists them.',
    detail: { files }
  })
}
