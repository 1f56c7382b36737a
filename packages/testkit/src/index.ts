export * from './time/virtual-clock.ts'
export { LinkRecorder } from './network/link-recorder.ts'
export { linkPair, type LinkPairOptions, MemoryLink, rawLink } from './network/memory-link.ts'
export { sealMemoryRecord } from './network/memory-record.ts'
export { INTERNET, MemoryNetwork, MemorySwitchboard } from './network/memory-switchboard.ts'
export { unknownCondition } from './network/unknown-condition.ts'
export { peerRecordSuite, type PeerRecordWorld } from './network/peer-record-suite.ts'
export {
  type HostileFixture,
  type LinkFixture,
  peerLinkSuite,
  type PeerLinkWorld
} from './network/peer-link-suite.ts'
export * from './storage/catalogue-suite.ts'
export * from './storage/memory-catalogue.ts'
export * from './storage/memory-piece-store.ts'
export { MemoryShareFiles } from './storage/memory-share-files.ts'
export { type VolumeFixture, volumeSuite } from './storage/volume-suite.ts'
export * from './storage/piece-store-suite.ts'
export * from './storage/sample-share.ts'
export {
  type DirectoryWorld,
  directorySuite,
  sampleKey,
  samplePublication
} from './directory/directory-suite.ts'
export { DirectoryBoard, MemoryDirectory } from './directory/memory-directory.ts'
