import { printable } from '@p2pshare/base'
import type { ControlClient } from '@p2pshare/control/client'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { qrCode } from '../render/qr-code.ts'
import { checkedPlace, partOfPrivate } from '../share-ref.ts'

/** Addresses of ours in one link: a link should fit in a message, and in a QR code. */
const MOST_PEERS = 3

/** `p2pshare link`. */
export const link: Command = {
  name: 'link',
  positionals: '<hash>[/path]',
  count: { min: 1, max: 1 },
  summary: 'Print a link to a share that also says where this machine is, so that nobody has to look for it',
  example: ['p2pshare link bafk… --qr', 'to be scanned from the screen'],
  moreExamples: [['p2pshare link bafk…/photos', 'whoever opens it gets that folder of the share alone']],
  options: {
    qr: { type: 'boolean', describe: 'draw it as a QR code, too', file: false },
    'without-peers': { type: 'boolean', describe: 'leave out where this machine is', file: false }
  },
  async run(call) {
    const { ref, path } = await checkedPlace(call.args[0] ?? '')
    const client = await openClient(call)
    const [share, { addresses }] = await Promise.all([client.shareStatus({ ref }), client.id()])
    const peers = call.settings.flag('without-peers') ? [] : hints(addresses)
    const whole = await withPeers(share.link, peers)
    const text = path === undefined ? whole : await partLink(call, { client, ref, path, whole })
    call.terminal.result({ cid: share.cid, link: text, peers }, printable(text, 4096))
    if (call.settings.flag('qr')) await showCode(call, text)
    return EXIT.done
  }
}

/** The link to a file or folder of the share. @throws ShareError `content.no-such-entry`, `cli.usage` for a private share */
async function partLink(
  call: Invocation,
  { client, ref, path, whole }: { client: ControlClient; ref: string; path: string; whole: string }
): Promise<string> {
  const { parseShareRef, withLinkPath } = await import('@p2pshare/content/link')
  if (parseShareRef(whole).key !== undefined) throw partOfPrivate()
  const leave = new AbortController()
  const stopListening = call.around.onInterrupt(() => leave.abort())
  // The first word tells whether the entry is there; while the index itself is being fetched nobody knows.
  for await (const _ of client.entries({ ref, path }, leave.signal)) break
  stopListening()
  leave.abort()
  return withLinkPath(whole, path)
}

/** Draws a QR code on stderr: stdout is for data. */
export async function showCode(call: Invocation, text: string): Promise<void> {
  if (!call.terminal.json) call.terminal.note(await qrCode(text, call.terminal))
}

/** Where others may reach this machine: never its loopback; what the internet reaches first. */
function hints(addresses: readonly string[]): string[] {
  const others = addresses.filter((address) => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address))
  const isLocal = (address: string): boolean =>
    /^\/ip4\/(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)|^\/ip6\/f[cde]/i.test(address)
  return [...others.filter((one) => !isLocal(one)), ...others.filter(isLocal)].slice(0, MOST_PEERS)
}

async function withPeers(share: string, peers: readonly string[]): Promise<string> {
  const { formatShareLink, parseShareRef } = await import('@p2pshare/content/link')
  const { root, name, size, key } = parseShareRef(share)
  return formatShareLink({
    root,
    peers,
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { name }),
    ...(size === undefined ? {} : { size })
  })
}
