import { canonicalCid, fileAt, parseShareRef, pathNames, type ShareRef } from '@p2pshare/content'
import { type EntriesEvent, RawPart, type ReadEvent, type ReadRequest } from '@p2pshare/control'
import { inTurns, type Session, type ShareDriver } from '@p2pshare/session'
import { awaitLayout } from './await-layout.ts'
import type { ByteCount } from '../metrics/byte-count.ts'
import { waitingPhase } from './waiting-phase.ts'

/** A state is told not more often than this, ms. */
const FASTEST = 100

/**
 * Reads a file of a share while it comes: bytes, and events between them. What a share brought that goes with its reader
 * is counted.
 * @throws ShareError as `Readings.read`; of one that is kept as `Session.fetch`, too
 */
export async function* readFile(
  { session, byteCount }: { session: Session; byteCount: ByteCount },
  { ref: text, path = '', range, keep }: ReadRequest,
  signal: AbortSignal
): AsyncGenerator<ReadEvent | RawPart> {
  const ref = parseShareRef(text)
  const cid = canonicalCid(ref.root)
  const names = pathNames(path)
  if (keep !== undefined) yield* fetchForGood(session, ref, { names, folder: keep, signal })
  const find = (): ShareDriver['record'] | undefined =>
    session.shares().find((share) => share.cid === cid)?.record
  let record: ReturnType<typeof find>
  let bytes = 0
  let total = 0
  let told = Number.NEGATIVE_INFINITY
  try {
    for await (const step of session.readings.read(ref, { path: names, range }, signal)) {
      record ??= find()
      if (step.kind === 'bytes') {
        bytes += step.bytes.byteLength
        yield new RawPart(step.bytes, step.giveBack)
      } else if (step.kind === 'file') {
        const { size, start, end } = step
        total = end - start
        const name = names.at(-1) ?? session.share(cid).record.name
        yield { event: 'file', cid, name, size, start, end }
      } else if (performance.now() - told >= FASTEST) {
        yield {
          event: 'state',
          cid,
          name: step.driver.record.name,
          phase: waitingPhase(session, step.driver, { bytes, total })
        }
        told = performance.now()
      }
    }
  } finally {
    const others = session.shares().map((share) => share.record)
    if (record !== undefined && find() === undefined) byteCount.lookLast(record, others)
  }
  if (!signal.aborted) yield { event: 'done', cid, bytes }
}

/** Makes the job, or joins the one there is, as soon as it is known that the file exists. */
async function* fetchForGood(
  session: Session,
  ref: ShareRef,
  { names, folder, signal }: { names: readonly string[]; folder: string; signal: AbortSignal }
): AsyncGenerator<Extract<EntriesEvent, { event: 'state' }>> {
  const isPrivate = ref.key !== undefined || session.keyOf(canonicalCid(ref.root)) !== undefined
  // What a private share holds is known when it is being fetched, and it is fetched whole.
  const known = isPrivate ? undefined : yield* statesOf(awaitLayout(session, ref, signal))
  if (known !== undefined) await inTurns(fileAt(known.layout, names))
  if (signal.aborted) return
  const choice = { paths: [names.join('/')], globs: [], numbers: [] }
  const wish = { folder, force: false, ...(isPrivate || names.length === 0 ? {} : { choice }) }
  const isNew = session.shares().every((share) => share.cid !== canonicalCid(ref.root))
  const driver = await session.fetch(ref, wish)
  if (isNew) driver.wishes.setOrder('sequential')
}

async function* statesOf<Known>(
  events: AsyncGenerator<EntriesEvent, Known | undefined>
): AsyncGenerator<Extract<EntriesEvent, { event: 'state' }>, Known | undefined> {
  try {
    for (;;) {
      const next = await events.next()
      if (next.done === true) return next.value
      if (next.value.event === 'state') yield next.value
    }
  } finally {
    await events.return(undefined)
  }
}
