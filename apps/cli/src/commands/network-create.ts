import { resolve } from 'node:path'
import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { checkedNetworkName, networkKeyPath, newNetworkKey, writeNetworkKey } from '../network-keys.ts'

/** `p2pshare network create`. */
export const networkCreate: Command = {
  name: 'create',
  positionals: '<name>',
  count: { min: 1, max: 1 },
  here: true,
  summary: 'Make the key of a new private network',
  example: ['p2pshare network create family', 'writes family.key; whoever has that file is in'],
  options: {
    output: {
      values: 'files',
      type: 'string',
      alias: 'o',
      describe: 'write the key file here instead of into the home',
      file: false
    }
  },
  async run({ args: [given = ''], settings, home, around, terminal }) {
    const name = checkedNetworkName(given)
    const output = settings.text('output')
    const path =
      output === undefined ? networkKeyPath(home.networksFolder, name) : resolve(around.cwd, output)
    writeNetworkKey(path, newNetworkKey())
    terminal.result({ name, path }, printable(path))
    const use = output === undefined ? name : printable(path)
    terminal.note(
      `The key of network ${name}. Whoever has this file is a member: hand it on like a password, never by this network's shares.`
    )
    terminal.note(
      `Members run \`p2pshare network add ${name}.key\` once, then \`p2pshare daemon start --network ${use}\` (or "network": "${use}" in config.json), with one member's address as --bootstrap.`
    )
    return EXIT.done
  }
}
