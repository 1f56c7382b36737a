import { printable } from '@p2pshare/base'
import type { AuthorisedList, Role } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT, usageError } from '../exit-code.ts'

/** The peer id of an Ed25519 key, as every command has one. */
const CLIENT_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/

/** `p2pshare authorize`. */
export const authorize: Command = {
  name: 'authorize',
  positionals: '[peer-id]',
  count: { min: 0, max: 1 },
  here: true,
  summary: 'Let the commands of another machine look at this daemon, or control it',
  example: [
    'p2pshare authorize 12D3Koo… --role control --name laptop',
    'the id is what p2pshare id --client says on the laptop'
  ],
  moreExamples: [['p2pshare authorize --list', 'who may, and what']],
  options: {
    role: {
      type: 'string',
      describe: 'read: look at everything; control: also share, fetch, remove and set limits',
      values: ['read', 'control'],
      file: false
    },
    name: { type: 'string', describe: 'a name for it, to know it by', file: false },
    list: { type: 'boolean', describe: 'show who may', file: false }
  },
  async run(call) {
    const [peerId] = call.args
    if (peerId === undefined || call.settings.flag('list')) return list(call, peerId)
    if (!CLIENT_ID.test(peerId))
      throw usageError(
        `this is not the peer id of a command: ${printable(peerId, 60)}`,
        'It begins with 12D3KooW: p2pshare id --client says it on the machine that is to be let in.'
      )
    const role = roleOf(call)
    const name = call.settings.text('name')
    const request = { peerId, role, ...(name === undefined ? {} : { name }) }
    const { authorised } = await (await ensureDaemon(call)).authorize(request)
    const peer = authorised.find((each) => each.peerId === peerId)
    call.terminal.result(peer ?? { peerId, role }, lineOf({ peerId, role, since: 0, ...peer }))
    if (!call.terminal.json) call.terminal.note(meaning(role))
    return EXIT.done
  }
}

async function list(call: Invocation, peerId: string | undefined): Promise<number> {
  const { settings, terminal } = call
  if (peerId !== undefined) throw usageError('--list shows all; leave the peer id out')
  if (!settings.flag('list'))
    throw usageError('authorize needs a peer id, or --list', 'See p2pshare authorize --help.')
  const answer = await (await openClient(call)).authorize()
  terminal.result(answer, answer.authorised.map(lineOf).join('\n'))
  if (answer.authorised.length === 0 && !terminal.json)
    terminal.note('no other machine may call this daemon: p2pshare authorize <peer-id> --role read')
  return EXIT.done
}

function roleOf({ settings }: Invocation): Role {
  const role = settings.text('role')
  if (role === 'read' || role === 'control') return role
  throw usageError(
    role === undefined ? 'authorize needs --role' : `--role is unknown: ${printable(role, 60)}`,
    'Write --role read (only look) or --role control (also share, fetch, remove and set limits).'
  )
}

function lineOf({ peerId, role, name }: AuthorisedList['authorised'][number]): string {
  return `${printable(peerId)}  ${role}${name === undefined ? '' : `  ${printable(name)}`}`
}

function meaning(role: Role): string {
  const what =
    role === 'read'
      ? 'it may look at everything here, names and paths included, and change nothing'
      : 'it may share and fetch in the downloads folder and remoteFolders, remove shares, and set limits'
  return `${what}; p2pshare unauthorize ends that`
}
