import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey, PublicKey } from '@libp2p/interface'
import { AsnConvert, AsnProp, AsnType, AsnTypeTypes, OctetString } from '@peculiar/asn1-schema'

/** Extension of a certificate that holds the peer's key (libp2p TLS specification, "libp2p Public Key Extension"). */
export const KEY_EXTENSION = '1.3.6.1.4.1.53594.1.1'

/** Stands before the certificate's key in what the peer's key signs. */
const PREFIX = Buffer.from('libp2p-tls-handshake:')

/** `SignedKey ::= SEQUENCE { publicKey OCTET STRING, signature OCTET STRING }` of the specification. */
class SignedKey {
  publicKey: OctetString
  signature: OctetString

  constructor(publicKey = new OctetString(), signature = new OctetString()) {
    this.publicKey = publicKey
    this.signature = signature
  }
}
// What decorators would say, which erasable TypeScript does not have.
AsnType({ type: AsnTypeTypes.Sequence })(SignedKey)
AsnProp({ type: OctetString })(SignedKey.prototype, 'publicKey')
AsnProp({ type: OctetString })(SignedKey.prototype, 'signature')

/**
 * The content of the extension: `key`'s public half, and its signature over the certificate's own key.
 * @param spki - the certificate's key as SubjectPublicKeyInfo, DER
 */
export async function signKey(key: PrivateKey, spki: Uint8Array): Promise<Uint8Array> {
  const signature = await key.sign(Buffer.concat([PREFIX, spki]))
  const publicKey = publicKeyToProtobuf(key.publicKey)
  return new Uint8Array(
    AsnConvert.serialize(new SignedKey(new OctetString(publicKey), new OctetString(signature)))
  )
}

/**
 * The peer's key out of an extension, when it has signed this certificate's key.
 * @returns undefined when it has not
 * @throws when the content is no such sequence, or holds no key that we know
 */
export async function readSignedKey(content: ArrayBuffer, spki: Uint8Array): Promise<PublicKey | undefined> {
  const signed = AsnConvert.parse(content, SignedKey)
  const key = publicKeyFromProtobuf(new Uint8Array(signed.publicKey.buffer))
  const valid = await key.verify(Buffer.concat([PREFIX, spki]), new Uint8Array(signed.signature.buffer))
  return valid ? key : undefined
}
