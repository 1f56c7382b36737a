import { nearestName, printable, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '../layout/share-layout.ts'
import { checkEntry, liesIn, pathNames } from './find-entry.ts'
import { Glob } from './glob.ts'

/** Which files of a share are meant: all that any of its parts names. It may be made before the share is known. */
export interface FileChoice {
  /** Files and folders by their path, as {@link pathNames} reads it. */
  readonly paths: readonly string[]
  /** Patterns; see {@link Glob}. */
  readonly globs: readonly string[]
  /** Numbers of files from 1, first and last. */
  readonly numbers: readonly (readonly [first: number, last: number])[]
}

/** Sees to it that a choice can be used at all. @throws ShareError `content.malformed-glob` */
export function checkChoice({ globs }: FileChoice): void {
  for (const glob of globs) new Glob(glob)
}

/** Both choices together. */
export function joinChoices(a: FileChoice, b: FileChoice): FileChoice {
  return {
    paths: [...new Set([...a.paths, ...b.paths])],
    globs: [...new Set([...a.globs, ...b.globs])],
    numbers: [...a.numbers, ...b.numbers]
  }
}

/**
 * The files that are chosen (indices in the layout's `files`), in order. Each part of the choice must mean some file,
 * or it was a slip.
 * @throws ShareError `content.no-such-entry`, `content.malformed-glob`
 */
export function chosenFiles(layout: ShareLayout, choice: FileChoice): number[] {
  const paths = choice.paths.map(pathNames)
  for (const path of paths) checkEntry(layout, path)
  for (const [, last] of choice.numbers) if (last > layout.files.length) throw noSuchNumber(layout, last)
  const globs = choice.globs.map((text) => ({ glob: new Glob(text), used: false }))
  const chosen: number[] = []
  for (const [index, { path }] of layout.files.entries()) {
    const number = index + 1
    let meant = choice.numbers.some(([first, last]) => number >= first && number <= last)
    meant ||= paths.some((below) => liesIn(path, below))
    // Each is tried: whether it means any file at all is asked below.
    for (const one of globs) {
      if ((meant && one.used) || !one.glob.fits(path)) continue
      one.used = true
      meant = true
    }
    if (meant) chosen.push(index)
  }
  const unused = globs.find(({ used }) => !used)
  if (unused !== undefined) throw nothingFits(layout, unused.glob.text)
  return chosen
}

function noSuchNumber({ files }: ShareLayout, number: number): ShareError {
  return noEntry(`the share has no file ${number}; its files are 1 to ${files.length}`)
}

function nothingFits(layout: ShareLayout, glob: string): ShareError {
  const nearest = nearestEntry(layout, glob)
  return noEntry(
    `no file of the share fits "${printable(glob, 60)}"${nearest === undefined ? '' : `; the nearest is "${printable(nearest.join('/'), 200)}"`}`
  )
}

/** A file whose name is like the pattern's last part, or at least has an ending like it. */
function nearestEntry({ files }: ShareLayout, glob: string): readonly string[] | undefined {
  const last = glob.split('/').at(-1)?.replace(/[*?]/g, '') ?? ''
  const nameOf = (path: readonly string[]): string => path.at(-1) ?? ''
  const find = (meant: string, of: (path: readonly string[]) => string): readonly string[] | undefined => {
    const near = nearestName(meant, pathsOf(files, of))
    if (near === undefined) return undefined
    for (const { path } of files) if (of(path) === near) return path
    return undefined
  }
  return (
    find(last, nameOf) ??
    (/\.[^.]+$/.test(last) ? find(endOf(last), (path) => endOf(nameOf(path))) : undefined)
  )
}

const endOf = (name: string): string => /\.[^.]*$/.exec(name)?.[0] ?? ''

function* pathsOf(files: ShareLayout['files'], of: (path: readonly string[]) => string): Generator<string> {
  for (const { path } of files) yield of(path)
}

function noEntry(message: string): ShareError {
  return new ShareError({
    code: 'content.no-such-entry',
    fault: 'user',
    message,
    hint: 'See p2pshare ls <hash> for what is in it.'
  })
}
