import { DAEMON_OPTIONS } from '../../apps/cli/src/daemon/daemon-options.ts'
import { CONFIG_KEYS, type ConfigKey, optionOf, variableOf } from '../../packages/control/src/config/index.ts'

/** What is written of the keys of config.json, by path in the repository. */
export function configReference(): Readonly<Record<string, string>> {
  return { 'docs/configuration.md': markdown(Object.entries(CONFIG_KEYS)) }
}

function markdown(keys: readonly [string, ConfigKey][]): string {
  const daemon = keys.filter(([, { counts }]) => counts !== 'for commands')
  const commands = keys.filter(([, { counts }]) => counts === 'for commands')
  return [
    '# Configuration',
    '',
    'Made by `npm run document` from the table that the daemon and the commands check values with',
    '(`packages/control/src/config`); a test holds it equal to that.',
    '',
    'What is set for good stands in `config.json`: with `--home` or `P2PSHARE_HOME` in that folder, else in',
    '`~/.config/p2pshare` (Linux), `~/Library/Preferences/p2pshare` (macOS) or `%APPDATA%\\p2pshare\\Config` (Windows).',
    'It is one JSON object; every key may be left out. The environment wins over it, the command line over both.',
    '',
    '```sh',
    'p2pshare config list                 # every key, what counts, and where that comes from',
    'p2pshare config get up --verbose     # one key, its meaning, unit and default',
    'p2pshare config set up 5MB/s         # checked, written, and in force where a running daemon can',
    'p2pshare config unset up             # its default again',
    'p2pshare config edit                 # in your editor; taken only when every value is valid',
    '```',
    '',
    'A key that nobody knows is a warning in `p2pshare status`, with the one that was meant; a value that is not valid',
    'stops the daemon from starting, and says which. None of these commands needs a daemon.',
    '',
    '## The daemon',
    '',
    'Options are those of `p2pshare daemon run` and `start`.',
    '',
    ...table(daemon),
    '## Commands',
    '',
    'Options of commands that may hold for every run.',
    '',
    ...table(commands)
  ].join('\n')
}

function table(keys: readonly [string, ConfigKey][]): string[] {
  return keys.flatMap(([name, { about, unit, usual, counts, onlyInFile }]) => [
    `### ${name}`,
    '',
    `${about}.`,
    '',
    ...(onlyInFile === undefined ? [] : [`Taken from the file alone: it ${onlyInFile}.`, '']),
    `| takes | default | environment | option | a change counts |`,
    '|---|---|---|---|---|',
    `| ${unit} | ${usual} | ${onlyInFile === undefined ? `\`${variableOf(name)}\`` : 'none'} | ${optionText(name, counts)} | ${counts} |`,
    ''
  ])
}

/** Commands have all of theirs; of the daemon not every key is an option, too. */
function optionText(name: string, counts: ConfigKey['counts']): string {
  const option = optionOf(name)
  return counts === 'for commands' || Object.hasOwn(DAEMON_OPTIONS, option) ? `\`--${option}\`` : 'none'
}
