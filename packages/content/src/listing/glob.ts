import { printable, ShareError } from '@p2pshare/base'

/** Longest pattern, characters. */
const MAX_GLOB = 256
/** Alternatives that the braces of one pattern may unfold to. */
const MAX_ALTERNATIVES = 64

/** One place in a name. */
type Token = { kind: 'any' } | { kind: 'one'; fits: (char: string) => boolean }
/** One place in a path: any number of names, or one that fits. */
type Segment = 'deep' | ((name: string) => boolean)

/**
 * A pattern for paths, made to be safe where the names are a stranger's: it takes time in proportion to pattern times
 * name, whatever both are, where regular expressions made of globs can take exponentially more.
 *
 * `*` and `?` stand for characters of one name, `**` for any number of folders, `[a-z]` and `[!a-z]` for one
 * character, `{a,b}` for either, `\` takes the next character as it is. A pattern without `/` looks at every name on
 * the way, one with `/` at the path from the share's root; what is in a folder that fits, fits.
 */
export class Glob {
  readonly text: string
  readonly #patterns: readonly (readonly Segment[])[]
  readonly #byName: boolean
  /** The folder of the path looked at last, whose neighbours mostly lie in it, too. */
  #folder: { path: readonly string[]; fits: boolean } = { path: [], fits: false }

  /** @throws ShareError `content.malformed-glob` */
  constructor(text: string) {
    this.text = text
    if (text.length > MAX_GLOB) throw malformed(text, `it is longer than ${MAX_GLOB} characters`)
    const trimmed = text.replace(/^(?:\.?\/)+/, '')
    if (text.split('/').includes('..')) throw malformed(text, 'it leads out of the share')
    const alternatives = unfold(trimmed, text)
    this.#byName = !text.replace(/\/+$/, '').includes('/')
    this.#patterns = alternatives.map((one) =>
      one
        .split('/')
        .filter((name) => name !== '')
        .map((name) => (name === '**' ? 'deep' : nameTest(name)))
    )
    if (this.#patterns.some((pattern) => pattern.length === 0)) throw malformed(text, 'it is empty')
  }

  /** Whether a file or folder of that path is meant, by itself or by a folder that it is in. */
  fits(path: readonly string[]): boolean {
    if (path.length === 0) return false
    return this.#folderFits(path) || this.#fitsItself(path)
  }

  /** Whether a folder on the way fits. */
  #folderFits(path: readonly string[]): boolean {
    const depth = path.length - 1
    const { path: last } = this.#folder
    let same = last.length === depth
    for (let i = depth - 1; same && i >= 0; i--) same = last[i] === path[i]
    if (!same) {
      const folder = path.slice(0, -1)
      const fits = folder.some((_, i) => this.#fitsItself(folder.slice(0, i + 1)))
      this.#folder = { path: folder, fits }
    }
    return this.#folder.fits
  }

  #fitsItself(path: readonly string[]): boolean {
    const names = this.#byName ? path.slice(-1) : path
    for (const pattern of this.#patterns) if (fitsPath(pattern, names)) return true
    return false
  }
}

function fitsPath(pattern: readonly Segment[], names: readonly string[]): boolean {
  return fitsAll(pattern, names, PATH)
}

const PATH = {
  isAny: (segment: Segment): boolean => segment === 'deep',
  fits: (segment: Segment, name: string): boolean => segment !== 'deep' && segment(name)
}

const NAME = {
  isAny: (token: Token): boolean => token.kind === 'any',
  fits: (token: Token, char: string): boolean => token.kind === 'one' && token.fits(char)
}

/** A test for one name. Where only `*` stands for anything, and once at most, characters need no look each. */
function nameTest(text: string): (name: string) => boolean {
  if (!/[?[\\]/.test(text)) {
    const parts = text.split(/\*+/)
    const [start = '', end = ''] = parts
    if (parts.length === 1) return (name) => name === start
    if (parts.length === 2)
      return (name) =>
        name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end)
  }
  const tokens = tokensOf(text)
  return (name) => fitsAll(tokens, Array.from(name), NAME)
}

/**
 * Whether the pattern stands for all items, where some of its places stand for any number of them. When an item does
 * not fit, only the last such place needs to take one more: earlier ones could gain nothing.
 */
function fitsAll<P, T>(
  pattern: readonly P[],
  items: readonly T[],
  { isAny, fits }: { isAny: (place: P) => boolean; fits: (place: P, item: T) => boolean }
): boolean {
  let at = 0
  let any = -1
  let taken = 0
  for (let i = 0; i < items.length; ) {
    const place = pattern[at]
    if (place !== undefined && isAny(place)) {
      any = at++
      taken = i
    } else if (place !== undefined && fits(place, items[i] as T)) {
      at++
      i++
    } else if (any >= 0) {
      at = any + 1
      i = ++taken
    } else return false
  }
  return pattern.slice(at).every(isAny)
}

function tokensOf(name: string): Token[] {
  const chars = Array.from(name)
  const tokens: Token[] = []
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] as string
    const end = char === '[' ? classEnd(chars, i) : -1
    if (end > 0) {
      tokens.push({ kind: 'one', fits: classOf(chars.slice(i + 1, end)) })
      i = end
    } else if (char === '*') {
      if (tokens.at(-1)?.kind !== 'any') tokens.push({ kind: 'any' })
    } else if (char === '?') tokens.push({ kind: 'one', fits: () => true })
    else {
      const literal = char === '\\' && i + 1 < chars.length ? chars[++i] : char
      tokens.push({ kind: 'one', fits: (other) => other === literal })
    }
  }
  return tokens
}

/** Where the `]` of a class is: not its first character; −1 when there is none, and `[` is a letter. */
function classEnd(chars: readonly string[], start: number): number {
  const first = start + (chars[start + 1] === '!' || chars[start + 1] === '^' ? 2 : 1)
  return chars.indexOf(']', first + 1)
}

function classOf(inside: readonly string[]): (char: string) => boolean {
  const negated = inside[0] === '!' || inside[0] === '^'
  const chars = negated ? inside.slice(1) : inside
  const ranges: [string, string][] = []
  for (let i = 0; i < chars.length; i++) {
    const low = chars[i] as string
    const high = chars[i + 1] === '-' ? chars[i + 2] : undefined
    ranges.push([low, high ?? low])
    if (high !== undefined) i += 2
  }
  const code = (char: string): number => char.codePointAt(0) ?? 0
  return (char) =>
    ranges.some(([low, high]) => code(char) >= code(low) && code(char) <= code(high)) !== negated
}

/** All alternatives of the braces, outermost first. */
function unfold(text: string, whole: string): string[] {
  const done: string[] = []
  const todo = [text]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const parts = firstBraces(next)
    if (parts === undefined) done.push(next)
    else todo.push(...parts)
    if (done.length + todo.length > MAX_ALTERNATIVES)
      throw malformed(whole, `its braces stand for more than ${MAX_ALTERNATIVES} patterns`)
  }
  return done
}

/** The pattern once for each alternative of its first braces; undefined where it has none that close and have a comma. */
function firstBraces(text: string): string[] | undefined {
  let depth = 0
  let start = -1
  let commas: number[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '\\') i++
    else if (char === '{' && depth++ === 0) start = i
    else if (char === ',' && depth === 1) commas.push(i)
    else if (char === '}' && depth > 0 && --depth === 0) {
      if (commas.length > 0) {
        const cuts = [start, ...commas, i]
        return cuts
          .slice(1)
          .map((cut, n) => text.slice(0, start) + text.slice((cuts[n] ?? 0) + 1, cut) + text.slice(i + 1))
      }
      commas = []
    }
  }
  return undefined
}

function malformed(text: string, why: string): ShareError {
  return new ShareError({
    code: 'content.malformed-glob',
    fault: 'user',
    message: `the pattern "${printable(text, 60)}" cannot be used: ${why}`,
    hint: 'Write it as "*.mp4", "season 1/*" or "**/{cover,back}.jpg".'
  })
}
