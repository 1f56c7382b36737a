import { basename, resolve } from 'node:path'
import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { checkedNetworkName, networkKeyPath, readNetworkKey, writeNetworkKey } from '../network-keys.ts'

/** `p2pshare network add`. */
export const networkAdd: Command = {
  name: 'add',
  positionals: '<key-file>',
  count: { min: 1, max: 1 },
  here: true,
  summary: "Take a private network's key file, as a member gave it to you",
  example: ['p2pshare network add family.key', 'then: p2pshare daemon start --network family'],
  options: {
    name: { type: 'string', describe: "what to call it here instead of the file's name", file: false }
  },
  async run({ args: [given = ''], settings, home, around, terminal }) {
    const source = resolve(around.cwd, given)
    const name = checkedNetworkName(settings.text('name') ?? basename(source).replace(/\.[^.]*$/, ''))
    const path = networkKeyPath(home.networksFolder, name)
    writeNetworkKey(path, readNetworkKey(source))
    terminal.result({ name, path }, printable(path))
    terminal.note(`Join it with: p2pshare daemon start --network ${name}`)
    return EXIT.done
  }
}
