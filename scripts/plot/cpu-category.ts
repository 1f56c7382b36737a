/** Where a byte's CPU time goes, in about the order of its way from disk to disk. */
export const CATEGORIES = [
  'files: calls',
  'hashing',
  'cipher',
  'noise records or TLS',
  'muxer',
  'socket: writes',
  'socket: reads and streams',
  'swarm protocol and links',
  'sessions and engine',
  'DHT and announcing',
  'catalogue (SQLite)',
  'other libp2p',
  'garbage collection',
  'other'
] as const

/** One of {@link CATEGORIES}. */
export type Category = (typeof CATEGORIES)[number]

/** A function of a profile: its name, and where it is from; the address is empty for native code. */
export interface Frame {
  functionName: string
  url: string
}

/** The first rule that fits decides. Parts of our own packages come before the libraries that they call. */
const RULES: readonly (readonly [Category, { name?: RegExp; url?: RegExp }])[] = [
  ['garbage collection', { name: /^\(garbage collector\)$/ }],
  ['hashing', { url: /^node:internal\/crypto\/(hash|webcrypto)|storage\/src\/hash/ }],
  ['cipher', { url: /^node:internal\/crypto\/cipher|^wasm:|as-chacha20poly1305|@noble\/ciphers/ }],
  [
    'noise records or TLS',
    { url: /network\/src\/(records|tls)\/|@chainsafe\/libp2p-noise|it-length-prefixed/ }
  ],
  ['muxer', { url: /network\/src\/muxer\/|@libp2p\/yamux|abstract-stream-muxer/ }],
  ['catalogue (SQLite)', { url: /storage\/src\/catalogue\/|^node:sqlite/ }],
  ['files: calls', { url: /^node:(internal\/)?fs\b|storage\/src\// }],
  ['socket: writes', { name: /^(writev|writevGeneric|writeGeneric|onWriteComplete)$/ }],
  ['socket: writes', { url: /^node:internal\/streams\/writable/ }],
  ['socket: reads and streams', { url: /^node:(net|internal\/(stream_base_commons|streams\/))/ }],
  ['DHT and announcing', { url: /network\/src\/(dht|announce|directory)\/|@libp2p\/kad-dht/ }],
  ['swarm protocol and links', { url: /packages\/wire\/|network\/src\/link\/|@bufbuild\/protobuf/ }],
  ['sessions and engine', { url: /packages\/(session|engine|content)\/|apps\/daemon\// }],
  [
    'other libp2p',
    { url: /node_modules\/(@libp2p|@chainsafe|@multiformats|libp2p|it-|main-event|weald|p-)|network\/src\// }
  ]
]

/**
 * The category of one sample.
 * @param stack - from the function that ran to its outermost caller; what fits no rule, such as a function of
 *   Node or of a general library, counts for the nearest caller that does
 */
export function categoryOf(stack: readonly Frame[]): Category {
  for (const frame of stack) {
    const rule = RULES.find(
      ([, { name, url }]) => (name?.test(frame.functionName) ?? true) && (url?.test(frame.url) ?? true)
    )
    if (rule !== undefined) return rule[0]
  }
  return 'other'
}
