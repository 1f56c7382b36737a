import { isShareError } from '@p2pshare/base'
import { fc, test as property } from '@fast-check/vitest'
import { base10 } from 'multiformats/bases/base10'
import { base16 } from 'multiformats/bases/base16'
import { base2 } from 'multiformats/bases/base2'
import { base256emoji } from 'multiformats/bases/base256emoji'
import { base32upper, base32z } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { base64, base64pad, base64url } from 'multiformats/bases/base64'
import { base8 } from 'multiformats/bases/base8'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { describe, expect, test } from 'vitest'
import { canonicalCid, checkName, formatShareLink, parseShareRef, type ShareRef } from '../src/index.ts'

const V1 = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const V0 = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWP85yo'
const ADDRESS = '/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

const root = (text: string): string => canonicalCid(parseShareRef(text).root)

/** The refusal of a text, which must be a malformed link. */
function refusal(text: string): string {
  try {
    parseShareRef(text)
  } catch (error) {
    if (isShareError(error, 'content.malformed-link') && error.fault === 'user') return error.message
    throw error
  }
  throw new Error('taken')
}

describe('what is taken', () => {
  test.each([
    base10,
    base16,
    base2,
    base256emoji,
    base32upper,
    base32z,
    base36,
    base58btc,
    base64,
    base64pad,
    base64url,
    base8
  ])('CID in $name', (base) => {
    expect(root(base.encode(CID.parse(V1).bytes))).toBe(V1)
  })

  test.each([
    V0,
    ` ${V0}\n`,
    `ipfs://${V0}`,
    `IPFS://${V0}`,
    `/ipfs/${V0}`,
    `/ipfs/${V0}/`,
    `p2pshare:${V0}`,
    `P2PSHARE:${V0}`
  ])('version 0: %j', (text) => {
    expect(root(text)).toBe(V0)
  })

  test('a whole link', () => {
    const ref = parseShareRef(
      `p2pshare:${V1}?name=a%20b%C3%A9.txt&size=12&peer=${ADDRESS}&peer=%2Fdns4%2Fh%2Ftcp%2F1&x=y`
    )
    expect(ref).toEqual({
      root: CID.parse(V1),
      name: 'a bé.txt',
      size: 12,
      peers: [ADDRESS, '/dns4/h/tcp/1']
    })
  })

  test('an identity CID of 128 bytes', () => {
    const cid = CID.createV1(0x55, createDigest(0, new Uint8Array(128)))
    expect(root(cid.toString(base2))).toBe(cid.toString())
  })
})

describe('what is refused', () => {
  test.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['p2pshare:', 'empty'],
    ['hello', 'misspelt'],
    [V1.slice(0, -1), 'misspelt'],
    [`${V1}a`, 'misspelt'],
    [`${V1}\0`, 'misspelt'],
    [V0.slice(0, -1), 'misspelt'],
    [V0.replace('Y', '0'), 'misspelt'],
    ['p2pshare:%2e%2e', 'misspelt'],
    [`http://${V1}`, 'misspelt'],
    [`/ipfs/${V1}/a/b`, 'paths below'],
    [`ipfs://${V1}?x`, 'paths below'],
    [CID.createV1(0x71, CID.parse(V1).multihash).toString(), 'codec 0x71'],
    [CID.createV1(0x55, createDigest(0x13, new Uint8Array(64))).toString(), 'hash 0x13'],
    [CID.createV1(0x55, createDigest(0x12, new Uint8Array(20))).toString(), 'hash 0x12'],
    [CID.createV1(0x55, createDigest(0, new Uint8Array(129))).toString(), 'identity CID of 129'],
    [`p2pshare:${V1}?name=..`, 'name'],
    [`p2pshare:${V1}?name=a%2Fb`, 'name'],
    [`p2pshare:${V1}?name=a%00b`, 'name'],
    [`p2pshare:${V1}?name=`, 'name'],
    [`p2pshare:${V1}?name=%FF`, 'percent-encoded'],
    [`p2pshare:${V1}?name=%e`, 'percent-encoded'],
    [`p2pshare:${V1}?name=a&name=b`, 'two names'],
    [`p2pshare:${V1}?size=1&size=1`, 'two sizes'],
    [`p2pshare:${V1}?size=-1`, 'size'],
    [`p2pshare:${V1}?size=1e3`, 'size'],
    [`p2pshare:${V1}?size=9007199254740993`, 'size'],
    [`p2pshare:${V1}?peer=localhost`, 'multiaddr'],
    [`p2pshare:${V1}?peer=/ip4/1%0A2`, 'multiaddr'],
    [`p2pshare:${V1}?peer=/${'a'.repeat(512)}`, 'multiaddr'],
    [`p2pshare:${V1}?x=${'a'.repeat(4096)}`, 'longer than 4096'],
    [`p2pshare:${'b'.repeat(5000)}`, 'longer than 4096'],
    [`p2pshare:${V1}?${'&'.repeat(1_000_000)}`, 'longer than 4096'],
    [`p2pshare:${V1}?${'peer=/a&'.repeat(300_000)}`, 'longer than 4096']
  ])('%j', (text, why) => {
    expect(refusal(text)).toContain(why)
  })

  test('10,000 peers: the first fifty are used, and reading costs little', () => {
    const peers = Array.from({ length: 10_000 }, (_, i) => `peer=${ADDRESS.replace('4001', `${i}`)}`)
    const text = Buffer.from(`p2pshare:${V1}?name=a&${peers.join('&')}`).toString()
    const ref = parseShareRef(text)
    expect([ref.peers.length, ref.peersLeftOut, ref.name]).toEqual([50, 9950, 'a'])
    expect(parseShareRef(formatShareLink(ref)).peers.length).toBeGreaterThan(20)
    // Not to be quicker than it is: a guard against reading them all.
    expect(fastest(() => parseShareRef(text))).toBeLessThan(50)
    expect(fastest(() => refusal(`p2pshare:${V1}?${'&'.repeat(2_000_000)}`))).toBeLessThan(50)
  })

  test('10 MiB, without a look inside', () => {
    // Flat, as it comes from a command line; a repeated string would be assembled on first use.
    const text = Buffer.alloc(10 * 1024 * 1024, 'z').toString('latin1')
    expect(refusal(text).length).toBeLessThan(300)
    expect(fastest(() => refusal(text))).toBeLessThan(5)
  })

  test.each(['z', 'k', '9', 'Z'])('the longest text that is tried in base %s costs little', (prefix) => {
    const text = prefix + '1'.repeat(1099)
    expect(fastest(() => refusal(text))).toBeLessThan(20)
  })
})

/** Milliseconds of the best of 20 runs: what the code costs, whatever else the machine does. */
function fastest(run: () => unknown): number {
  let best = Infinity
  for (let i = 0; i < 20; i++) {
    const begin = performance.now()
    run()
    best = Math.min(best, performance.now() - begin)
  }
  return best
}

property.prop([fc.string({ unit: 'binary', maxLength: 200 })])(
  'an echo is printable and at most 200 bytes',
  (text) => {
    const message = refusal(`\u202e${text}`)
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    expect(Buffer.byteLength(message.slice(0, message.indexOf('" is not a hash')))).toBeLessThanOrEqual(201)
  }
)

property.prop([fc.string({ unit: 'binary', maxLength: 300 })])(
  'whatever is given, only a refusal comes back',
  (tail) => {
    for (const text of [tail, `p2pshare:${V1}?${tail}`, `p2pshare:${V1}?name=${tail}`, `/ipfs/${tail}`]) {
      try {
        const ref = parseShareRef(text)
        expect(ref.name === undefined || checkName(ref.name) === undefined).toBe(true)
      } catch (error) {
        expect(isShareError(error, 'content.malformed-link')).toBe(true)
      }
    }
  }
)

property.prop([
  fc.option(
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((name) => checkName(name) === undefined)
  ),
  fc.option(fc.integer({ min: 0, max: 2 ** 42 })),
  fc.array(fc.constantFrom(ADDRESS, '/dns4/example.org/udp/1/quic-v1', '/ip6/::1/tcp/1'), { maxLength: 10 })
])('a formatted link reads back as it was', (name, size, peers) => {
  const ref = {
    root: CID.parse(V1),
    ...(name === null ? {} : { name }),
    ...(size === null ? {} : { size }),
    peers
  } as unknown as ShareRef
  expect(parseShareRef(formatShareLink(ref))).toEqual(ref)
})

test('a link never grows beyond what is read', () => {
  const link = formatShareLink({
    root: CID.parse(V1),
    name: '\u65e5'.repeat(400),
    peers: Array(80).fill(ADDRESS)
  })
  expect(link.length).toBeLessThanOrEqual(4096)
  expect(parseShareRef(link).peers.length).toBeGreaterThan(3)
})

describe('a link to a private share', () => {
  const key = { secret: new Uint8Array(32).fill(7), check: new Uint8Array(8).fill(9) }
  const text = 'AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHCQkJCQkJCQk'

  test('has its key in the fragment, and no name', () => {
    const link = formatShareLink({ root: CID.parse(V1), name: 'secret plans', peers: [ADDRESS], key })
    expect(link).toBe(`p2pshare:${V1}?sealed=1&peer=${ADDRESS}#key=${text}`)
    expect(parseShareRef(link)).toEqual({ root: CID.parse(V1), peers: [ADDRESS], sealed: true, key })
  })

  test('says so without its key, too', () => {
    expect(parseShareRef(`p2pshare:${V1}?sealed=1`)).toEqual({ root: CID.parse(V1), peers: [], sealed: true })
    expect(parseShareRef(`p2pshare:${V1}?sealed=1#`).key).toBeUndefined()
  })

  test.each([
    `#key=${text.slice(1)}`,
    `#key=${text}A`,
    `#key=${text}=`,
    `#key=`,
    `#key=${text.slice(0, -1)}!`,
    `#key=${text}&key=${text}`,
    `#key=B${text.slice(1)}`,
    `#${'x'.repeat(257)}`
  ])('is refused with the fragment %j, and its key is not repeated', (fragment) => {
    expect(refusal(`p2pshare:${V1}${fragment}`)).not.toContain('BwcHBw')
  })

  test('leaves other words of the fragment to later versions', () => {
    expect(parseShareRef(`p2pshare:${V1}#new=1&key=${text}`).key).toEqual(key)
    expect(parseShareRef(`p2pshare:${V1}#new=1`).sealed).toBeUndefined()
  })

  test('keeps its key however many peers it has', () => {
    const peers = Array.from({ length: 50 }, () => `/dns4/${'h'.repeat(400)}/tcp/1`)
    const link = formatShareLink({ root: CID.parse(V1), peers, key })
    expect(link.length).toBeLessThanOrEqual(4096)
    expect(parseShareRef(link).key).toEqual(key)
  })
})
