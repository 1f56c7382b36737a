import type { Log, LinkHandler, PeerLink, SignedAddresses } from '@p2pshare/ports'
import { type MemoryNetwork, sealMemoryRecord } from '@p2pshare/testkit'
import type { SwarmMessage } from '@p2pshare/wire'
import { CID } from 'multiformats/cid'

/** A peer id as hints must have it, from a short name of base58 letters. */
export const peerName = (name: string): string => `12D3KooW${'x'.repeat(44 - name.length)}${name}`

/** The `n`th of endlessly many peers that do not exist. */
export const invented = (n: number): string =>
  peerName(n.toString(9).replaceAll(/\d/g, (digit) => 'abcdefghi'[Number(digit)] ?? ''))

/** A share link with hints to these peers. */
export const linkTo = (cid: string, ...peers: string[]): string =>
  `p2pshare:${cid}?${peers.map((peer) => `peer=/memory/${peer}/p2p/${peer}`).join('&')}`

/** The record that a made-up peer would sign. */
export function madeUpRecord(peer: string, more: Partial<SignedAddresses> = {}): Uint8Array {
  return sealMemoryRecord({
    peer,
    addresses: [`/memory/${peer}`],
    hasPrivate: true,
    sequence: 1n,
    ...more
  })
}

/** Warnings of a node, and whatever is worse. */
export function warnings(): { log: Log; lines: { message: string; [field: string]: unknown }[] } {
  const lines: { message: string; [field: string]: unknown }[] = []
  const note = (fields: object, message: string): void => void lines.push({ ...fields, message })
  const log: Log = { debug() {}, info() {}, warn: note, error: note, child: () => log }
  return { log, lines }
}

/** One link of a peer whose every word the test chooses; it has subscribed to the share. */
export class StrangeLink implements LinkHandler {
  readonly link: PeerLink
  readonly heard: SwarmMessage[] = []
  /** What ended the link, once it has ended. */
  end: { code: string; text: string; remote: boolean } | undefined
  /** Our slot of the share. */
  readonly slot = 7

  private constructor(link: PeerLink) {
    this.link = link
  }

  /** Links to a node and joins a share there. */
  static async join(network: MemoryNetwork, victim: string, cid: string): Promise<StrangeLink> {
    const link = await network.link({ peer: victim, addresses: [] }, new AbortController().signal)
    const made = new StrangeLink(link)
    link.start(made)
    made.say({ type: 'subscribe', slot: made.slot, root: CID.parse(cid).bytes, name: '' })
    await made.settled()
    return made
  }

  say(message: SwarmMessage): void {
    this.link.send(message)
  }

  /** Lets what was said arrive, and the answers come back. */
  async settled(): Promise<void> {
    for (let i = 0; i < 3; i++) await new Promise(setImmediate)
  }

  /** Records that it was told, of everybody. */
  records(): Uint8Array[] {
    return this.heard.flatMap((message) => (message.type === 'peer-exchange' ? message.records : []))
  }

  onMessage(message: SwarmMessage): void {
    this.heard.push(message)
  }

  targetFor(): undefined {
    return undefined
  }

  onData(): void {}

  onClose(end: { code: string; text: string; remote: boolean }): void {
    this.end = end
  }
}
