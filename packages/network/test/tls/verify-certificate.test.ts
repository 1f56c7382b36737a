import { X509Certificate } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { OctetString } from '@peculiar/asn1-schema'
import { Extension, Extensions, type TBSCertificate } from '@peculiar/asn1-x509'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCertificate } from '../../src/tls/certificate.ts'
import { KEY_EXTENSION, signKey } from '../../src/tls/signed-key.ts'
import { verifyCertificate } from '../../src/tls/verify-certificate.ts'

const NOW = Date.UTC(2026, 0, 1)
const key = await generateKeyPair('Ed25519')
const other = await generateKeyPair('Ed25519')
const self = peerIdFromPrivateKey(key)

async function made(change?: (content: TBSCertificate) => void, by: PrivateKey = key): Promise<Uint8Array> {
  return new X509Certificate((await createCertificate(by, change)).cert).raw
}

const extension = (content: Uint8Array, id = KEY_EXTENSION, critical = false): Extension =>
  new Extension({ extnID: id, critical, extnValue: new OctetString(content) })

/** The extension for a certificate key that is not this certificate's. */
const strange = extension(await signKey(key, new Uint8Array(91)))

describe('a certificate', () => {
  test('says whose it is, for every kind of key that libp2p here gives ids to', async () => {
    expect((await verifyCertificate(await made(), self, NOW)).toString()).toBe(self.toString())
    for (const kind of ['Ed25519', 'secp256k1', 'RSA'] as const) {
      const own = await generateKeyPair(kind as 'Ed25519')
      const owner = await verifyCertificate(await made(undefined, own), undefined, NOW)
      expect(owner.toString()).toBe(peerIdFromPrivateKey(own).toString())
    }
  })

  test('of another peer than the one that was dialled is refused', async () => {
    await expect(verifyCertificate(await made(undefined, other), self, NOW)).rejects.toMatchObject({
      code: 'network.other-peer'
    })
  })

  test.each<[string, string, (content: TBSCertificate) => void]>([
    ['that has expired', 'expired', (c) => (c.validity.notAfter.utcTime = new Date(NOW - 1000))],
    ['that is not valid yet', 'not valid yet', (c) => (c.validity.notBefore.utcTime = new Date(NOW + 1000))],
    ['without extensions', 'one libp2p key', (c) => delete c.extensions],
    ["without libp2p's extension", 'one libp2p key', (c) => (c.extensions = new Extensions([]))],
    ['with two keys', 'one libp2p key', (c) => c.extensions?.push(strange)],
    ['whose key was signed for another', 'not signed it', (c) => (c.extensions = new Extensions([strange]))],
    [
      'with noise for a key',
      'not usable',
      (c) => (c.extensions = new Extensions([extension(new Uint8Array(50).fill(0x30))]))
    ],
    [
      'with an unknown critical extension',
      'critical',
      (c) => c.extensions?.push(extension(new Uint8Array(2), '1.2.3.4', true))
    ]
  ])('%s is refused', async (_, why, change) => {
    const raw = await made((content) => {
      // Dates before 2050 and later ones have different forms, of which one is set.
      delete content.validity.notAfter.generalTime
      content.validity.notAfter.utcTime = new Date(Date.UTC(2040, 0, 1))
      change(content)
    })
    await expect(verifyCertificate(raw, self, NOW)).rejects.toMatchObject({
      code: 'network.bad-certificate',
      message: expect.stringContaining(why)
    })
  })

  test('that was changed in any byte is refused', async () => {
    const raw = await made()
    await fc.assert(
      fc.asyncProperty(fc.nat(raw.byteLength - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bad = new Uint8Array(raw)
        bad[at] = (bad[at] ?? 0) ^ flip
        await expect(verifyCertificate(bad, self, NOW)).rejects.toMatchObject({
          code: 'network.bad-certificate'
        })
      }),
      { numRuns: 300 }
    )
  })
})
