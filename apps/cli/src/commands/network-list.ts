import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { knownNetworks } from '../network-keys.ts'

/** `p2pshare network list`. */
export const networkList: Command = {
  name: 'list',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'List the private networks whose keys are here',
  example: ['p2pshare network list', 'family  ~/.config/p2pshare/networks/family.key'],
  options: {},
  async run({ home, terminal }) {
    const networks = knownNetworks(home.networksFolder)
    const lines = networks.map(({ name, path }) => `${name}  ${printable(path)}`)
    terminal.result({ networks }, lines.join('\n'))
    if (networks.length === 0)
      terminal.note('no private network yet; make one: p2pshare network create <name>')
    return EXIT.done
  }
}
