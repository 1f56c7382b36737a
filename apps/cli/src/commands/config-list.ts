import { unknownKeyWarnings } from '@p2pshare/control/config'
import type { Command } from '../command.ts'
import { allKeyViews, valueText } from '../config/key-view.ts'
import { EXIT } from '../exit-code.ts'
import { readConfig } from '../settings.ts'

/** `p2pshare config list`. */
export const configList: Command = {
  name: 'list',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'List every key with the value that counts for what starts now, and where it comes from',
  example: ['p2pshare config list --json', 'also defaults, units and meanings'],
  options: {},
  mendsConfig: true,
  async run({ home, terminal, around }) {
    const file = readConfig(home.configFile)
    const keys = allKeyViews(file, around.env)
    const wide = Math.max(...keys.map(({ key }) => key.length))
    const lines = keys.map((view) => {
      const origin = view.from === 'default' ? '' : `  (${view.from})`
      const problem = view.problem === undefined ? '' : `  not valid: ${view.problem}`
      return `${view.key.padEnd(wide)}  ${valueText(view)}${origin}${problem}`
    })
    const warnings = unknownKeyWarnings(file)
    terminal.result({ file: home.configFile, keys, warnings }, lines.join('\n'))
    for (const warning of warnings) terminal.note(warning)
    return EXIT.done
  }
}
