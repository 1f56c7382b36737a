import { ShareError } from '@p2pshare/base'
import { formatShareLink, parseShareRef } from '@p2pshare/content'
import { describe, expect, test } from 'vitest'
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

test('draws the link as a QR code on stderr, with a border around it', async () => {
  const { run } = await daemon([])
  const drawn = (await run(['link', CID, '--qr'])).stderr.trimEnd().split('\n')
  // A code of version 5 has 37 modules a side, two rows of them a line, and a border of two.
  expect(drawn.map((line) => line.length)).toEqual(Array.from({ length: 21 }, () => 41))
  expect(drawn[0]).toMatch(/^█+$/)
  expect((await run(['link', CID, '--qr', '--json'])).stderr).toBe('')
})

const WIDE = { coloured: false, columns: undefined }

test('a link that fits into no code is said to be too long, with what can be left out of it', async () => {
  expect(await qrCode('x'.repeat(5000), WIDE)).toBe('this link is too long for a QR code; copy it')
  expect(await qrCode(`${LINK}&peer=${'/'.repeat(5000)}`, WIDE)).toMatch(/too long .* --without-peers$/)
})

test('a code that the terminal is too narrow for is not drawn; the link is printed whole all the same', async () => {
  const { run } = await daemon([])
  const narrow = await run(['link', CID, '--qr'], { isTTY: true, columns: 10 })
  expect([narrow.code, narrow.stdout]).toEqual([0, `${LINK}\n`])
  expect(narrow.stderr).toBe(
    'the QR code is 41 columns wide, and this terminal 10; make it wider, or copy the link\n'
  )
  const fits = await run(['link', CID, '--qr'], { isTTY: true, columns: 41 })
  expect(fits.stderr.split('\n')[0]).toBe(`\u001b[97;40m${'█'.repeat(41)}\u001b[0m`)
})

test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('%j: the code is drawn without any colour', async (env) => {
  const { run } = await daemon([])
  const { stderr } = await run(['link', CID, '--qr'], { isTTY: true, env })
  expect(stderr).toMatch(/^█{41}\n/)
  expect(stderr).not.toContain('\u001b')
})

describe('a link to a part of a share', () => {
  const asked: unknown[] = []
  const share = (link = LINK) =>
    testHome({
      shareStatus: async () => detail({ link }),
      id: async () => ({ peerId: PEER, addresses: [] }),
      async *entries(request) {
        asked.push(request)
        if (request.path === 'gone')
          throw new ShareError({
            code: 'content.no-such-entry',
            fault: 'user',
            message: 'no "gone" in it',
            hint: 'Only a test sees this.'
          })
        yield { event: 'entries', entries: [] }
      },
      async *fetch(request) {
        asked.push(request)
        yield { event: 'done', cid: CID, name: 'x', path: '/x', size: 1 }
      }
    })

  test.each(['photos', 'a b/c?d#e&f%41=ü/🎵.mp3', "' -"])(
    '%j: what opens it fetches just that',
    async (path) => {
      asked.length = 0
      const { run } = await share()
      const { code, stdout, stderr } = await run(['link', `${CID}/${path}`])
      expect([code, stderr]).toEqual([0, ''])
      const link = stdout.trim()
      expect(link).toMatch(new RegExp(`^p2pshare:${CID}/[A-Za-z0-9._~/:%-]+\\?name=holiday\\.mp4&size=2048$`))
      expect((await run(['open', link])).code).toBe(0)
      expect((await run(['fetch', link])).code).toBe(0)
      const choice = { paths: [path], globs: [], numbers: [] }
      expect(asked).toEqual([
        { ref: CID, path },
        // A page may have clicked: into the downloads, over nothing.
        { ref: LINK, choice, force: false, clicked: true },
        expect.objectContaining({ ref: LINK, choice })
      ])
      const again = await run(['link', link])
      expect(again.stdout.trim()).toBe(link)
    }
  )

  test('a path that is not there, leads out, is too long or lies in a private share is refused', async () => {
    const { run } = await share()
    const refused = async (line: string[], words: string, code: number): Promise<void> => {
      const outcome = await run(line)
      expect([outcome.code, outcome.stdout]).toEqual([code, ''])
      expect(outcome.stderr).toContain(words)
    }
    await refused(['link', `${CID}/gone`], 'no "gone" in it', 1)
    await refused(['link', `${CID}/a/../..`], 'leads out of the share', 2)
    await refused(['open', '--', `p2pshare:${CID}`, '--home', '/evil'], 'too many arguments', 2)
    await refused(['open', '--', '--force'], 'is not a hash or share link', 2)
    await refused(['open', `p2pshare:${CID}/a/%2e%2e/b`], 'leads out of the share', 2)
    await refused(['open', `p2pshare:${CID}/%ff`], 'not percent-encoded', 2)
    await refused(['link', `${CID}/${'ü'.repeat(1500)}`], 'longer than 4096 characters', 2)
    await refused(['open', `p2pshare:${CID}/a?sealed=1`], 'private share is fetched whole', 2)
    const { root } = parseShareRef(CID)
    const key = { secret: new Uint8Array(32), check: new Uint8Array(8) }
    const secret = formatShareLink({ root, key, peers: [] })
    await refused(['fetch', secret.replace('?', '/a?')], 'private share is fetched whole', 2)
    const own = await share(secret)
    const linked = await own.run(['link', `${CID}/a`])
    expect([linked.code, linked.stdout]).toEqual([2, ''])
    expect(linked.stderr).toContain('private share is fetched whole')
  })
})
