/** The only importer of libp2p: node, discovery, the DHTs, swarm links. */
export { createNetwork } from './create-network.ts'
export { loadOrCreateKey } from './identity/key-file.ts'
export type { LinkLimits, SwarmHost, SwarmLinks, SwarmLinksInit } from './link/swarm-host.ts'
export { createSwarmLinks } from './link/swarm-links.ts'
export { type GuardedYamuxInit, guardedYamux } from './muxer/guarded-yamux.ts'
export type { Network, NetworkOptions, NodeIdentity } from './network-options.ts'
export type { CallTaker, CallVerdict, RemoteCalls } from './remote/call-streams.ts'
export { AMINO_BOOTSTRAP, type NetworkChoice, networkFingerprint } from './network-profile.ts'
