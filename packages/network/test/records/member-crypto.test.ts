import { peerIdFromString } from '@libp2p/peer-id'
import { afterEach, expect, test } from 'vitest'
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto'
import { memberCrypto } from '../../src/records/member-crypto.ts'
import { eavesdrop } from '../support/noise-eavesdropper.ts'
import { startNode, stopAll } from '../support/nodes.ts'

afterEach(stopAll)

/** The raw public key that a peer id stands for. */
const publicKeyOf = (peer: string): Buffer => Buffer.from(peerIdFromString(peer).publicKey?.raw ?? [])

test('a stranger who dials a member and checks no tag does not learn its peer id', async () => {
  const key = new Uint8Array(32).fill(5)
  const member = await startNode({ network: { kind: 'private', key, name: 'family' } })
  const open = await startNode()
  const seen = async (node: typeof open): Promise<boolean> =>
    (await eavesdrop(node.network.addresses()[0] ?? '')).includes(publicKeyOf(node.network.self))
  // Where there is no key the same attack works: that is what noise XX gives anybody.
  expect(await seen(open)).toBe(true)
  expect(await seen(member)).toBe(false)
})

test('the secret goes into every derived key, and is not the key itself', () => {
  const [ck, ikm] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const one = memberCrypto(new Uint8Array(32).fill(7))
  const same = memberCrypto(new Uint8Array(32).fill(7))
  const other = memberCrypto(new Uint8Array(32).fill(8))
  expect(one.getHKDF(ck, ikm)).toEqual(same.getHKDF(ck, ikm))
  const all = [one, other, defaultCrypto].map((crypto) =>
    crypto.getHKDF(ck, ikm).map((out) => Buffer.from(out).toString('hex'))
  )
  expect(new Set(all.flat()).size).toBe(9)
  // The last step of a handshake has no input of its own.
  expect(one.getHKDF(ck, new Uint8Array(0))).not.toEqual(other.getHKDF(ck, new Uint8Array(0)))
})
