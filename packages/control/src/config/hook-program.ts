import { posix, win32 } from 'node:path'
import { nearestName } from '@p2pshare/base'
import { z } from 'zod'

/** What an argument of a hook may name in braces; the daemon fills it in. */
export const HOOK_PLACEHOLDERS = ['path', 'name', 'hash', 'size', 'event', 'reason'] as const

/** Most arguments, the program among them, and letters of each. */
const ARGUMENTS = 64
const LETTERS = 4096

const PLACEHOLDER = /\{([a-z]+)\}/gi
/** Programs that run text as a program, by the last part of their path, and the options after which they do. */
const INTERPRETERS: readonly (readonly [name: RegExp, option: RegExp])[] = [
  [/^(?:a|ba|da|fi|k|mk|z)?sh$|^busybox$|^su$/i, /^[-+][a-z]*c[a-z]*$|^--?command$/i],
  [/^cmd$/i, /^\/[ckr]/i],
  [/^(?:powershell|pwsh)$/i, /^[-/](?:c|command|e[a-z]*)$/i],
  [/^(?:python|pypy)[\d.]*$/i, /^-[a-z]*c$/i],
  [/^(?:perl|ruby|lua|node|deno|bun|osascript)[\d.]*$/i, /^-[a-z]*[ep]$|^--(?:eval|print)$|^eval$/i],
  [/^php[\d.]*$/i, /^-r$/]
]

/** A program by its whole path, then its arguments; run as they are, by no shell. */
export const hookProgram = z
  .array(z.string().max(LETTERS).refine(isPlain, 'a character NUL cannot be passed on'))
  .min(1, 'name a program')
  .max(ARGUMENTS, `at most ${ARGUMENTS} arguments`)
  .superRefine((words, context) => {
    const problem = problemOfWords(words)
    if (problem !== undefined) context.addIssue(problem)
  })

function isPlain(text: string): boolean {
  return !text.includes('\0')
}

function problemOfWords([program = '', ...args]: readonly string[]): string | undefined {
  if (!posix.isAbsolute(program) && !/^[a-z]:[\\/]/i.test(program))
    return 'write the whole path of the program: what a bare name finds depends on who starts the daemon'
  if (program.match(PLACEHOLDER) !== null) return 'the program itself cannot be a placeholder'
  for (const argument of args) {
    const used = [...argument.matchAll(PLACEHOLDER)].map(([, word = '']) => word)
    const unknown = used.find((word) => !HOOK_PLACEHOLDERS.some((one) => one === word))
    if (unknown !== undefined) return unknownPlaceholder(unknown)
  }
  if (programTexts([program, ...args]).some((text) => text.match(PLACEHOLDER) !== null))
    return 'names come from strangers, so they must not be part of what a shell runs: write "$P2PSHARE_HOOK_PATH" there'
  return undefined
}

/**
 * The arguments that a shell, or another interpreter among the words (behind `env` or `sudo`, say), takes as a program:
 * the first after such an option that is none itself; of `cmd` all.
 */
function programTexts(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    const name = win32.basename(word).replace(/\.exe$/i, '')
    const [, option] = INTERPRETERS.find(([pattern]) => pattern.test(name)) ?? []
    const begin = option === undefined ? -1 : words.findIndex((each, i) => i > at && option.test(each))
    // A script of one's own, whose arguments these are.
    if (name !== 'su' && words.slice(at + 1, begin).some(isScript)) return []
    if (begin === -1) return []
    const rest = words.slice(begin + 1)
    if (/^(?:cmd|powershell|pwsh)$/i.test(name)) return [words[begin] ?? '', ...rest]
    const text = rest.findIndex((each) => !/^[-+]./.test(each))
    return rest.slice(0, text === -1 ? undefined : text + 1)
  })
}

/** Whether a word is neither an option nor, behind one, what it is set to. */
const isScript = (word: string, at: number, words: readonly string[]): boolean =>
  !isOption(word) && !(at > 0 && isOption(words[at - 1] ?? ''))

const isOption = (word: string): boolean => /^[-+/]./.test(word) && !word.includes('/', 1)

function unknownPlaceholder(word: string): string {
  const nearest = nearestName(word, HOOK_PLACEHOLDERS)
  const meant = nearest === undefined ? '' : `; did you mean {${nearest}}?`
  return `there is no {${word.slice(0, 40)}}${meant}`
}
