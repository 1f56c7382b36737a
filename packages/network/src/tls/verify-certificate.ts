import { X509Certificate } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate, type Extension } from '@peculiar/asn1-x509'
import { ShareError } from '@p2pshare/base'
import { reasonOf } from '../errors.ts'
import { KEY_EXTENSION, readSignedKey } from './signed-key.ts'

/**
 * Signatures that a certificate may have: ECDSA, RSA and RSA-PSS (which names its hash elsewhere), Ed25519. Hashes of
 * less than 256 bits are not allowed by the specification.
 */
const SIGNATURES = new Set([
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.3.101.112'
])

/** Standard extensions (basic constraints, key usage and their like) say nothing here, even when they are critical. */
const STANDARD = /^2\.5\.29\./

/**
 * Whose certificate this is: a check of all that the libp2p TLS specification asks for. That the other side has the
 * certificate's key was proven by the TLS handshake.
 *
 * @param raw - the certificate, DER
 * @param expected - the peer that was dialled, if it is known
 * @param now - ms since 1970
 * @throws ShareError `network.bad-certificate`, `network.other-peer`
 */
export async function verifyCertificate(
  raw: Uint8Array,
  expected: PeerId | undefined,
  now: number
): Promise<PeerId> {
  try {
    const owner = await ownerOf(raw, now)
    if (expected?.equals(owner) === false) throw otherPeer(expected, owner)
    return owner
  } catch (error) {
    if (error instanceof ShareError) throw error
    // A parser's error: whatever it is, the certificate is to blame.
    throw badCertificate(reasonOf(error))
  }
}

async function ownerOf(raw: Uint8Array, now: number): Promise<PeerId> {
  const outer = new X509Certificate(raw)
  if (outer.validFromDate.getTime() > now) throw badCertificate('it is not valid yet; is a clock wrong?')
  if (!(outer.validToDate.getTime() >= now)) throw badCertificate('it has expired')
  const inner = AsnConvert.parse(outer.raw, Certificate)
  if (!SIGNATURES.has(inner.signatureAlgorithm.algorithm))
    throw badCertificate('its signature is of a kind that is not allowed')
  if (!outer.verify(outer.publicKey)) throw badCertificate('it is not signed by its own key')
  const content = inner.tbsCertificate
  const extension = keyExtension(content.extensions ?? [])
  const spki = new Uint8Array(AsnConvert.serialize(content.subjectPublicKeyInfo))
  const key = await readSignedKey(extension.extnValue.buffer, spki)
  if (key === undefined) throw badCertificate("the peer's key has not signed it")
  return peerIdFromPublicKey(key)
}

function keyExtension(extensions: readonly Extension[]): Extension {
  const found = extensions.filter((each) => each.extnID === KEY_EXTENSION)
  const unknown = extensions.find(
    ({ extnID, critical }) => critical && extnID !== KEY_EXTENSION && !STANDARD.test(extnID)
  )
  if (unknown !== undefined) throw badCertificate('it has a critical extension that we do not know')
  if (found[0] === undefined || found.length > 1) throw badCertificate('it does not name one libp2p key')
  return found[0]
}

/** @param why - a part of a sentence, about "it" */
export function badCertificate(why: string): ShareError {
  return new ShareError({
    code: 'network.bad-certificate',
    fault: 'peer',
    message: `the peer's certificate is not usable: ${why}`,
    hint: 'Nothing to do here: the connection was closed.'
  })
}

function otherPeer(expected: PeerId, found: PeerId): ShareError {
  return new ShareError({
    code: 'network.other-peer',
    fault: 'peer',
    message: `${found.toString()} answered instead of ${expected.toString()}`,
    hint: 'Check the address: another peer uses it now.'
  })
}
