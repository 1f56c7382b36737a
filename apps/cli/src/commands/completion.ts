import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { COMPLETION_SCRIPTS } from '../completion/scripts.ts'
import { EXIT, usageError } from '../exit-code.ts'

const SHELLS = Object.keys(COMPLETION_SCRIPTS)

/** `p2pshare completion`. */
export const completion: Command = {
  name: 'completion',
  positionals: '<shell>',
  count: { min: 1, max: 1 },
  here: true,
  summary: 'Print what makes bash, zsh or fish complete commands, options and hashes',
  example: ['source <(p2pshare completion bash)', 'for this shell; a line in ~/.bashrc makes it lasting'],
  moreExamples: [
    ['p2pshare completion fish > ~/.config/fish/completions/p2pshare.fish', 'for fish, for good']
  ],
  options: {},
  async run({ args: [shell = ''], terminal }) {
    const script = Object.entries(COMPLETION_SCRIPTS).find(([name]) => name === shell)?.[1]
    if (script === undefined)
      throw usageError(
        `${printable(shell, 40)} has no completion here`,
        `There is one for ${SHELLS.join(', ')}.`
      )
    terminal.result({ shell, script }, script.trimEnd())
    return EXIT.done
  }
}
