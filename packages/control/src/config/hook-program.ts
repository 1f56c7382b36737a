import { posix, win32 } from 'node:path'
import { nearestName } from '@p2pshare/base'
import { z } from 'zod'

/** What an argument of a hook may name in braces; the daemon fills it in. */
export const HOOK_PLACEHOLDERS = ['path', 'name', 'hash', 'size', 'event', 'reason'] as const

/** Most arguments, the program among them, and letters of each. */
const ARGUMENTS = 64
const LETTERS = 4096

const PLACEHOLDER = /\{([a-z]+)\}/gi
const SHELL = /^(?:a|ba|da|fi|k|z)?sh$|^(?:cmd|powershell|pwsh)$/i
/** Options after which a shell takes text as a program. */
const PROGRAM_TEXT = /^-[a-z]*c$|^\/[ck]$|^-command$/i

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
  for (const [index, argument] of args.entries()) {
    const used = [...argument.matchAll(PLACEHOLDER)].map(([, word = '']) => word)
    const unknown = used.find((word) => !HOOK_PLACEHOLDERS.some((one) => one === word))
    if (unknown !== undefined) return unknownPlaceholder(unknown)
    if (used.length > 0 && isShell(program) && PROGRAM_TEXT.test(args[index - 1] ?? ''))
      return 'names come from strangers, so they must not be part of what a shell runs: write "$P2PSHARE_HOOK_PATH" there'
  }
  return undefined
}

function unknownPlaceholder(word: string): string {
  const nearest = nearestName(word, HOOK_PLACEHOLDERS)
  const meant = nearest === undefined ? '' : `; did you mean {${nearest}}?`
  return `there is no {${word.slice(0, 40)}}${meant}`
}

/** By the last part of its path, of either system. */
function isShell(program: string): boolean {
  return SHELL.test(win32.basename(program).replace(/\.exe$/i, ''))
}
