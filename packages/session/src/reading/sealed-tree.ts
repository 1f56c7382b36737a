import {
  contentError,
  decodeManifest,
  decodeManifestHeader,
  isContentFault,
  MANIFEST_HEADER_SIZE,
  type SealedTree,
  sealedBlockCount,
  wrongKey
} from '@p2pshare/content'
import type { ReadStep } from './share-reader.ts'

/**
 * Reads what a private share holds from the beginning of its plain bytes, checked as everything that a stranger made.
 * @param content - reads the first so many plain bytes
 * @returns undefined when reading was aborted
 * @throws ShareError `content.wrong-key`, `content.bad-name` …
 */
export async function* readSealedTree(
  blocks: number,
  content: (end: number) => AsyncGenerator<ReadStep, void>
): AsyncGenerator<ReadStep, SealedTree | undefined> {
  const first = yield* collect(content, MANIFEST_HEADER_SIZE)
  if (first === undefined) return undefined
  const header = decodeManifestHeader(first)
  if (isContentFault(header)) throw contentError(header)
  if (sealedBlockCount(header.manifestSize + header.contentSize) !== blocks) throw wrongKey()
  const manifest = yield* collect(content, header.manifestSize)
  if (manifest === undefined) return undefined
  const tree = decodeManifest(manifest)
  if (isContentFault(tree)) throw contentError(tree)
  return tree
}

/** @param size - at most 16 MiB, as a manifest's header may say */
async function* collect(
  content: (end: number) => AsyncGenerator<ReadStep, void>,
  size: number
): AsyncGenerator<ReadStep, Uint8Array | undefined> {
  const all = new Uint8Array(size)
  let at = 0
  for await (const step of content(size)) {
    if (step.kind !== 'bytes') {
      yield step
      continue
    }
    all.set(step.bytes, at)
    at += step.bytes.byteLength
    step.giveBack()
  }
  return at === size ? all : undefined
}
