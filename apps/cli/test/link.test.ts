import { parseShareRef } from '@p2pshare/content'
import { expect, test } from 'vitest'
import { qrCode } from '../src/render/qr-code.ts'
import { CID, detail, testHome } from './run-cli.ts'

const PEER = '12D3KooWGzh9RPKTPvEoGbCXnM1nUgVNtDQGDNCC6YqDCwGm5fXN'
const at = (host: string): string => `${host}/tcp/4001/p2p/${PEER}`
const LINK = `p2pshare:${CID}?name=holiday.mp4&size=2048`

const daemon = (addresses: string[], link = LINK) =>
  testHome({
    shareStatus: async () => detail({ link }),
    id: async () => ({ peerId: PEER, addresses })
  })

test('names where this machine is: the internet first, never loopback', async () => {
  const hosts = [
    '/ip4/127.0.0.1',
    '/ip6/::1',
    '/ip4/192.168.1.5',
    '/ip4/203.0.113.9',
    '/ip6/fd00::1',
    '/ip4/10.0.0.1'
  ]
  const { run } = await daemon(hosts.map(at))
  const { code, stdout, stderr } = await run(['link', CID])
  expect([code, stderr]).toEqual([0, ''])
  const ref = parseShareRef(stdout.trim())
  expect(ref).toMatchObject({ name: 'holiday.mp4', size: 2048 })
  expect(ref.peers).toEqual(['/ip4/203.0.113.9', '/ip4/192.168.1.5', '/ip6/fd00::1'].map(at))
  expect((await run(['link', CID, '--without-peers'])).stdout.trim()).toBe(LINK)
})

test('draws the link as a QR code on stderr, with a border around it; too long a link is said to be so', async () => {
  const { run } = await daemon([])
  const drawn = (await run(['link', CID, '--qr'])).stderr.trimEnd().split('\n')
  // A code of version 5 has 37 modules a side, two rows of them a line, and a border of two.
  expect(drawn.map((line) => line.length)).toEqual(Array.from({ length: 21 }, () => 41))
  expect(drawn[0]).toMatch(/^█+$/)
  expect((await run(['link', CID, '--qr', '--json'])).stderr).toBe('')
  expect(await qrCode('x'.repeat(5000), false)).toContain('too long for a QR code')
})
