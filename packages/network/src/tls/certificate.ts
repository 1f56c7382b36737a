import { createPrivateKey, generateKeyPair, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { PrivateKey } from '@libp2p/interface'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  Certificate,
  Extension,
  Extensions,
  Name,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version
} from '@peculiar/asn1-x509'
import { KEY_EXTENSION, signKey } from './signed-key.ts'

/** `ecdsa-with-SHA256`, RFC 5758 section 3.2. */
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

/** A certificate and its key, PEM. */
export interface OwnCertificate {
  cert: string
  key: string
}

/**
 * Makes the self-signed certificate of the libp2p TLS specification: a key of its own (ECDSA on P-256), which
 * `privateKey` vouches for in an extension. Valid from 1975 to 4096, as rust-libp2p's: it lives no longer than this
 * process, and a peer whose clock is wrong should be able to connect.
 *
 * @param change - what is about to be signed may be changed, as tests of bad certificates do
 */
export async function createCertificate(
  privateKey: PrivateKey,
  change: (content: TBSCertificate) => void = () => undefined
): Promise<OwnCertificate> {
  const pair = await promisify(generateKeyPair)('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
  })
  const spki = new Uint8Array(pair.publicKey)
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_SHA256 })
  const content = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: algorithm,
    issuer: new Name([]),
    subject: new Name([]),
    validity: new Validity({
      notBefore: new Date(Date.UTC(1975, 0, 1)),
      notAfter: new Date(Date.UTC(4096, 0, 1))
    }),
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: new Extensions([
      new Extension({
        extnID: KEY_EXTENSION,
        extnValue: new OctetString(await signKey(privateKey, spki))
      })
    ])
  })
  change(content)
  const signature = sign(
    'sha256',
    new Uint8Array(AsnConvert.serialize(content)),
    createPrivateKey(pair.privateKey)
  )
  const certificate = new Certificate({
    tbsCertificate: content,
    signatureAlgorithm: algorithm,
    signatureValue: new Uint8Array(signature).buffer
  })
  return { cert: pem(AsnConvert.serialize(certificate)), key: pair.privateKey }
}

/** Positive, 64 bits, and without a zero in front, which DER does not allow. */
function serialNumber(): ArrayBuffer {
  const bytes = new Uint8Array(randomBytes(8))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.buffer
}

function pem(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
