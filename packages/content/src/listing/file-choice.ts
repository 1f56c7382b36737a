import { nearestName, printable, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '../layout/share-layout.ts'
import { inSteps, liesIn, lookForEntry, MAX_LOOKED_AT, pathNames } from './find-entry.ts'
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

/** Whether a value that was stored has the form of a choice. */
export function isFileChoice(value: Partial<FileChoice>): value is FileChoice {
  const isText = (one: unknown): boolean => typeof one === 'string'
  return (
    value.paths?.every(isText) === true &&
    value.globs?.every(isText) === true &&
    value.numbers?.every((range) => range.every(Number.isSafeInteger)) === true
  )
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
 * The files that are chosen: 1 at their index in the layout's `files`, 0 elsewhere. Each part of the choice must mean
 * some file, or it was a slip. A share may have a million files: the caller lets others run between two steps.
 * @throws ShareError `content.no-such-entry`, `content.malformed-glob`
 */
export function* chooseFiles(layout: ShareLayout, choice: FileChoice): Generator<void, Uint8Array> {
  const paths = choice.paths.map((text) => pathPart(pathNames(text)))
  const globs = choice.globs.map((text) => globPart(new Glob(text)))
  const parts = [...paths, ...globs]
  const ranges = mergedRanges(choice.numbers)
  const last = ranges.at(-1)?.[1] ?? 0
  if (last > layout.files.length) throw noSuchNumber(layout, last)
  const isNumbered = inOrder(ranges)
  const chosen = new Uint8Array(layout.files.length)
  for (const next of inSteps(layout.files)) {
    if (next === undefined) {
      yield
      continue
    }
    const [index, { path }] = next
    if (meant(parts, path, isNumbered(index + 1))) chosen[index] = 1
  }
  // A folder without files is something, too.
  for (const { path, used } of paths) if (!used) yield* lookForEntry(layout, path)
  for (const { text, used } of globs) if (!used) throw yield* nothingFits(layout, text)
  return chosen
}

/** A part of a choice, and whether it has meant any file yet. */
interface Part {
  used: boolean
  fits(path: readonly string[]): boolean
}

const pathPart = (path: readonly string[]): Part & { path: readonly string[] } => ({
  path,
  used: false,
  fits: (other) => liesIn(other, path)
})

const globPart = (glob: Glob): Part & { text: string } => ({
  text: glob.text,
  used: false,
  fits: (path) => glob.fits(path)
})

/** Each part that has not meant any file yet is tried, whether or not the file is meant already. */
function meant(parts: readonly Part[], path: readonly string[], already: boolean): boolean {
  let is = already
  for (const part of parts) {
    if ((is && part.used) || !part.fits(path)) continue
    part.used = true
    is = true
  }
  return is
}

/** Whether a number lies in any of the ranges, which are in order; to be asked for numbers that grow. */
function inOrder(ranges: readonly (readonly [number, number])[]): (number: number) => boolean {
  let at = 0
  return (number) => {
    while ((ranges[at]?.[1] ?? Infinity) < number) at++
    return number >= (ranges[at]?.[0] ?? Infinity)
  }
}

/** Ranges in order, those that touch or overlap as one: there may be many. */
function mergedRanges(ranges: FileChoice['numbers']): [number, number][] {
  const merged: [number, number][] = []
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1)
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else merged.push([first, last])
  }
  return merged
}

function noSuchNumber({ files }: ShareLayout, number: number): ShareError {
  return noEntry(`the share has no file ${number}; its files are 1 to ${files.length}`)
}

function* nothingFits(layout: ShareLayout, glob: string): Generator<void, ShareError> {
  const nearest = yield* nearestEntry(layout, glob)
  return noEntry(
    `no file of the share fits "${printable(glob, 60)}"${nearest === undefined ? '' : `; the nearest is "${printable(nearest.join('/'), 200)}"`}`
  )
}

/** A file whose name is like the pattern's last part, or at least has an ending like it; of the first that there are. */
function* nearestEntry({ files }: ShareLayout, glob: string): Generator<void, readonly string[] | undefined> {
  const last = glob.split('/').at(-1)?.replace(/[*?]/g, '') ?? ''
  const paths: (readonly string[])[] = []
  for (const next of inSteps(files)) {
    if (paths.length >= MAX_LOOKED_AT) break
    if (next === undefined) yield
    else paths.push(next[1].path)
  }
  const nameOf = (path: readonly string[]): string => path.at(-1) ?? ''
  const find = (meant: string, of: (path: readonly string[]) => string): readonly string[] | undefined => {
    const near = nearestName(meant, paths.map(of))
    return near === undefined ? undefined : paths.find((path) => of(path) === near)
  }
  return (
    find(last, nameOf) ??
    (/\.[^.]+$/.test(last) ? find(endOf(last), (path) => endOf(nameOf(path))) : undefined)
  )
}

const endOf = (name: string): string => /\.[^.]*$/.exec(name)?.[0] ?? ''

function noEntry(message: string): ShareError {
  return new ShareError({
    code: 'content.no-such-entry',
    fault: 'user',
    message,
    hint: 'See p2pshare ls <hash> for what is in it.'
  })
}
