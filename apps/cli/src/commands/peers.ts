import { formatSize, KiB, printable } from '@p2pshare/base'
import type { PeerList } from '@p2pshare/control'
import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { checkedRef } from '../share-ref.ts'

/** `p2pshare peers`. */
export const peers: Command = {
  name: 'peers',
  positionals: '[hash]',
  count: { min: 0, max: 1 },
  summary: 'List connected peers, or those of one share',
  example: ['p2pshare peers', 'who this machine is connected to'],
  options: {},
  async run(call) {
    const [hash] = call.args
    const request = hash === undefined ? {} : { ref: await checkedRef(hash) }
    const answer = await (await openClient(call)).peers(request)
    const lines = answer.peers.map((peer) => {
      const way = `${peer.inbound ? 'in ' : 'out'}${relayText(peer)}${peer.encryption === 'tls' ? ' tls' : ''}`
      return `${printable(peer.peerId)} ${way} ${printable(peer.address)} ${printable(peer.agent, 60)}`
    })
    call.terminal.result({ peers: answer.peers }, lines.length === 0 ? 'no peers' : lines.join('\n'))
    return EXIT.done
  }
}

/** Below this a relay helps to find a direct way, and no more. */
const SIGNALS_ONLY = 16 * KiB

function relayText({ relayed, carries }: PeerList['peers'][number]): string {
  if (!relayed) return ''
  if (carries === undefined) return ' relayed'
  return carries < SIGNALS_ONLY ? ' relayed (only signals)' : ` relayed (${formatSize(carries)} left)`
}
