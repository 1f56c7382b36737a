import type { Command } from '../command.ts'
import { keyView, valueText } from '../config/key-view.ts'
import { knownKey } from '../config/known-key.ts'
import { EXIT } from '../exit-code.ts'
import { readConfig } from '../settings.ts'

/** `p2pshare config get`. */
export const configGet: Command = {
  name: 'get',
  positionals: '<key>',
  count: { min: 1, max: 1 },
  here: true,
  summary: 'Print what counts for a key: of the environment, of config.json, or the default',
  example: ['p2pshare config get up', '5MB/s'],
  moreExamples: [['p2pshare config get up --verbose', 'also what it means, its unit, its default']],
  options: {},
  mendsConfig: true,
  async run({ args, home, terminal, around }) {
    const view = keyView(knownKey(args[0] ?? ''), readConfig(home.configFile), around.env)
    terminal.result(view, valueText(view))
    if (view.problem !== undefined) terminal.note(`${view.key} is not valid: ${view.problem}`)
    if (terminal.verbose && !terminal.json) {
      terminal.note(`${view.about}. ${view.unit}; default ${view.default}.`)
      terminal.note(`from ${view.from}; a change counts ${view.counts}`)
    }
    return EXIT.done
  }
}
