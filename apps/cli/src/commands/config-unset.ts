import { removeMember } from '@p2pshare/control/config'
import type { Command } from '../command.ts'
import { configText, replaceConfig } from '../config/config-store.ts'
import { knownKey } from '../config/known-key.ts'
import { tellDaemon } from '../config/tell-daemon.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare config unset`. */
export const configUnset: Command = {
  name: 'unset',
  positionals: '<key>',
  count: { min: 1, max: 1 },
  here: true,
  summary: 'Take a key out of config.json: its default counts again; also keys that nobody knows',
  example: ['p2pshare config unset up', 'no limit by config.json'],
  options: {},
  mendsConfig: true,
  async run(call) {
    const { args, home, terminal } = call
    const before = configText(home.configFile)
    const name = inFile(before, args[0] ?? '') ?? knownKey(args[0] ?? '')[0]
    const text = removeMember(before ?? '{}', name)
    const removed = before !== undefined && text !== before
    if (removed) replaceConfig(home.configFile, before, text)
    const { daemon, notes } = removed ? await tellDaemon(call, [name]) : { daemon: null, notes: [] }
    terminal.result({ key: name, removed, daemon }, removed ? `${name} removed` : `${name} was not set`)
    for (const note of notes) terminal.note(note)
    return EXIT.done
  }
}

/** The word, where the file has it as a key: so a misspelt one can be removed, too. */
function inFile(text: string | undefined, word: string): string | undefined {
  return text !== undefined && Object.hasOwn(JSON.parse(text) as object, word) ? word : undefined
}
