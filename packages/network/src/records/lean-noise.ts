import { Socket } from 'node:net'
import { type NoiseInit, noise } from '@chainsafe/libp2p-noise'
import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import type { Chunks } from './chunks.ts'
import { recordCrypto } from './record-crypto.ts'
import { RecordReader } from './record-reader.ts'
import { RecordSocket, sealRecords } from './record-writer.ts'

type NoiseFactory = ReturnType<typeof noise>

/** What noise's encrypted stream is at run time; these members are private to the types only. */
interface OpenStream {
  handshake: { encrypt(content: Chunks): Chunks; decrypt(record: Chunks): Chunks }
  decoder: { decode(data: Uint8Array | Iterable<Uint8Array>): Iterable<Uint8Array> }
  decrypt(content: Uint8Array): Uint8Array
  sendData(data: Iterable<Uint8Array> & { byteLength: number }): { sentBytes: number; canSendMore: boolean }
}

/** A TCP connection of libp2p, likewise. */
interface OpenConnection extends MessageStream {
  socket?: unknown
  writableNeedsDrain: boolean
  writeStatus: string
}

/**
 * libp2p's noise, the same on the wire, with a record layer of our own once the handshake is over: records are
 * sealed and opened without joining buffers, those of one send leave in one system call, and the memory of each
 * step is given back at once instead of being left to the collector. About half the processor time of a transfer
 * (docs/performance.md).
 */
export function leanNoise(init: Omit<NoiseInit, 'crypto'> = {}): NoiseFactory {
  const make = noise({ ...init, crypto: recordCrypto })
  return (components) => {
    const encrypter = make(components)
    const secure =
      (role: 'secureInbound' | 'secureOutbound'): ConnectionEncrypter['secureInbound'] =>
      async (connection: MessageStream, options) => {
        const secured = await encrypter[role](connection, options)
        layRecords(secured.connection, connection as OpenConnection)
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
function layRecords(secured: MessageStream, below: OpenConnection): void {
  const open = secured as unknown as OpenStream
  if (typeof open.handshake?.encrypt !== 'function' || typeof open.decoder?.decode !== 'function')
    throw noiseChanged()
  const { handshake } = open
  const socket = below.socket instanceof Socket ? new RecordSocket(below.socket) : undefined
  open.decoder = new RecordReader((record) => handshake.decrypt(record), socket !== undefined)
  open.decrypt = (content) => content
  open.sendData = (data) => {
    const parts = sealRecords(data, (content) => handshake.encrypt(content))
    return { sentBytes: data.byteLength, canSendMore: write(below, socket, parts) }
  }
}

/** Past the connection's own queue when nothing waits in it; otherwise behind what waits. */
function write(
  below: OpenConnection,
  socket: RecordSocket | undefined,
  parts: readonly Uint8Array[]
): boolean {
  const free = below.writeBufferLength === 0 && !below.writableNeedsDrain && below.writeStatus === 'writable'
  if (socket === undefined || !free) {
    let more = true
    for (const part of parts) more = below.send(part)
    return more
  }
  const more = socket.write(parts)
  if (!more) below.writableNeedsDrain = true
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
