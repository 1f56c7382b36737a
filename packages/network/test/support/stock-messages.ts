import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A message of a stock package: protons gives each an encoder and a decoder, and exports none of them. */
interface StockMessage {
  encode(message: object): Uint8Array
  decode(bytes: Uint8Array): Record<string, unknown>
}

const require = createRequire(import.meta.url)

async function load<T>(entry: string, file: string): Promise<T> {
  return (await import(pathToFileURL(join(dirname(entry), 'pb', file)).href)) as T
}

/** What stock dcutr sends. */
export const { HolePunch } = await load<{ HolePunch: StockMessage }>(
  require.resolve('@libp2p/dcutr'),
  'message.js'
)

/** What the stock relay sends and takes. */
export const { HopMessage, StopMessage } = await load<{
  HopMessage: StockMessage
  StopMessage: StockMessage
}>(require.resolve('@libp2p/circuit-relay-v2'), 'index.js')
