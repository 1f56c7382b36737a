import { printable } from '@p2pshare/base'
import {
  type ConfigKey,
  type ConfigValue,
  problemOf,
  setMember,
  textOfValue,
  valueFromText
} from '@p2pshare/control/config'
import type { Command } from '../command.ts'
import { configText, replaceConfig } from '../config/config-store.ts'
import { knownKey } from '../config/known-key.ts'
import { tellDaemon } from '../config/tell-daemon.ts'
import { absoluteOption } from '../daemon/daemon-options.ts'
import { EXIT, usageError } from '../exit-code.ts'

/** `p2pshare config set`. */
export const configSet: Command = {
  name: 'set',
  positionals: '<key> <value..>',
  count: { min: 2, max: 101 },
  here: true,
  summary:
    'Set a key of config.json, checked first; what can be changed while the daemon runs counts at once',
  example: ['p2pshare config set up 5MB/s', 'sends no faster, from now on'],
  moreExamples: [
    ['p2pshare config set listen /ip4/0.0.0.0/tcp/4001', 'a list: several values are given in a row']
  ],
  options: {},
  mendsConfig: true,
  async run(call) {
    const { args, home, terminal, around } = call
    const [name, key] = knownKey(args[0] ?? '')
    if (key.onlyInFile !== undefined)
      throw usageError(
        `${name} is set only by hand in config.json: it ${key.onlyInFile}`,
        'p2pshare config edit opens the file and checks what you write.'
      )
    const value = checkedValue(name, key, args.slice(1), around.cwd)
    const before = configText(home.configFile)
    replaceConfig(home.configFile, before, setMember(before ?? '{}', name, value))
    const { daemon, notes } = await tellDaemon(call, [name])
    terminal.result(
      { key: name, value, counts: key.counts, daemon },
      `${name} = ${printable(textOfValue(value))}`
    )
    for (const note of notes) terminal.note(note)
    return EXIT.done
  }
}

/** @throws ShareError `cli.usage` unless the words are a value of the key */
function checkedValue(name: string, key: ConfigKey, words: readonly string[], cwd: string): ConfigValue {
  if (key.kind !== 'list' && words.length > 1)
    throw usageError(`${name} takes one value, not ${words.length}`)
  const value = valueFromText(key, key.kind === 'list' ? words.join(' ') : (words[0] ?? ''))
  const problem = problemOf(key, value)
  if (problem !== undefined)
    throw usageError(
      `${printable(words.join(' '), 60)} is no value of ${name}: ${problem}`,
      `${key.about}. It takes ${key.unit.replaceAll('`', '')}; default ${key.usual.replaceAll('`', '')}.`
    )
  return typeof value === 'string' ? absoluteOption(name, value, cwd) : value
}
