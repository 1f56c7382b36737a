import { Socket } from 'node:net'
import { type ICryptoInterface, noise } from '@chainsafe/libp2p-noise'
import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import type { Chunks } from './chunks.ts'
import { recordCrypto } from './record-crypto.ts'
import { type OpenStream, RecordLane } from './record-lane.ts'
import { RecordReader } from './record-reader.ts'
import { sealRecords } from './record-writer.ts'

type NoiseFactory = ReturnType<typeof noise>

/** What noise's encrypted stream is at run time; these members are private to the types only. */
interface OpenNoise extends OpenStream {
  handshake: { encrypt(content: Chunks): Chunks; decrypt(record: Uint8Array): Uint8Array }
  decoder: {
    decode(data: Uint8Array | Iterable<Uint8Array>): Iterable<Uint8Array>
    /** Of the library's own decoder: the beginning of a record. */
    buffer?: { byteLength: number; subarray(): Uint8Array }
  }
  decrypt(content: Uint8Array): Uint8Array
  sendData(data: Iterable<Uint8Array> & { byteLength: number }): { sentBytes: number; canSendMore: boolean }
}

/** A TCP connection of libp2p, likewise. */
interface OpenConnection extends OpenStream {
  socket?: unknown
}

/**
 * libp2p's noise, the same on the wire, with a record layer of our own once the handshake is over: records are
 * sealed and opened without joining buffers, those of one send leave in one system call, and the memory of each
 * step is given back at once instead of being left to the collector. On sockets it has a {@link RecordLane}.
 *
 * @param crypto - what keys are derived with: {@link recordCrypto}, or that of a private network's members
 */
export function leanNoise(crypto: ICryptoInterface = recordCrypto): NoiseFactory {
  const make = noise({ crypto })
  return (components) => {
    const encrypter = make(components)
    const secure =
      (role: 'secureInbound' | 'secureOutbound'): ConnectionEncrypter['secureInbound'] =>
      async (connection: MessageStream, options) => {
        const secured = await encrypter[role](connection, options)
        layRecords(secured.connection as OpenNoise, connection as OpenConnection)
        return secured as SecuredConnection<never>
      }
    return {
      ...encrypter,
      protocol: encrypter.protocol,
      secureInbound: secure('secureInbound'),
      secureOutbound: secure('secureOutbound')
    } as ReturnType<NoiseFactory>
  }
}

/** @throws ShareError `network.noise-changed` when the stream's insides are not the known ones */
function layRecords(secured: OpenNoise, below: OpenConnection): void {
  const { handshake } = secured
  const begun = secured.decoder?.buffer
  if (typeof handshake?.encrypt !== 'function' || typeof begun?.subarray !== 'function') throw noiseChanged()
  const seal = (content: Chunks): Chunks => handshake.encrypt(content)
  const onSocket = below.socket instanceof Socket
  const reader = new RecordReader((record) => handshake.decrypt(record))
  const lane = onSocket ? new RecordLane(secured, below, below.socket as Socket, { reader, seal }) : undefined
  // A quick peer's first records may come in one read with the end of its handshake. The library has taken them by
  // now, but for the beginning of one that was not whole.
  if (begun.byteLength > 0) reader.decode(begun.subarray())
  secured.decoder = reader
  secured.decrypt = (content) => content
  secured.sendData = (data) => {
    const canSendMore = lane?.write(data) ?? sendEach(below, sealRecords(data, seal))
    return { sentBytes: data.byteLength, canSendMore }
  }
}

function sendEach(below: OpenConnection, parts: readonly Uint8Array[]): boolean {
  let more = true
  for (const part of parts) more = below.send(part)
  return more
}

function noiseChanged(): ShareError {
  return new ShareError({
    code: 'network.noise-changed',
    fault: 'bug',
    message: 'this version of @libp2p/noise has no record layer that can be replaced',
    hint: 'Install the version that package-lock.json names.'
  })
}
