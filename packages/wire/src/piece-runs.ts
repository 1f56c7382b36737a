import { Bitfield, invariant } from '@p2pshare/base'
import { WIRE_LIMITS } from './limits.ts'
import type { PieceRun, SwarmMessage } from './messages.ts'

/**
 * Brings runs into the one form that travels: ascending, neither overlapping nor touching.
 * The argument is left as it is.
 */
export function canonicalRuns(runs: readonly PieceRun[]): PieceRun[] {
  const out: PieceRun[] = []
  let last: PieceRun | undefined
  for (const run of runs.toSorted((a, b) => a.start - b.start)) {
    invariant(run.start >= 0 && run.count > 0, `piece run ${run.start}+${run.count}`)
    if (last !== undefined && run.start <= last.start + last.count) {
      last.count = Math.max(last.count, run.start + run.count - last.start)
    } else {
      last = { start: run.start, count: run.count }
      out.push(last)
    }
  }
  return out
}

/** The canonical runs of some pieces, in any order. */
export function runsOf(pieces: Iterable<number>): PieceRun[] {
  return canonicalRuns(Array.from(pieces, (start) => ({ start, count: 1 })))
}

/**
 * The messages that tell a change of the sender's pieces, cut so that each fits a frame; none when
 * nothing changed. Pieces may come in any order.
 */
export function pieceDeltas(
  slot: number,
  added: Iterable<number>,
  removed: Iterable<number>
): SwarmMessage[] {
  const changes = [
    ...runsOf(added).map((run) => ({ run, gone: false })),
    ...runsOf(removed).map((run) => ({ run, gone: true }))
  ]
  const messages: SwarmMessage[] = []
  for (let at = 0; at < changes.length; at += WIRE_LIMITS.deltaRuns) {
    const part = changes.slice(at, at + WIRE_LIMITS.deltaRuns)
    messages.push({
      type: 'piece-delta',
      slot,
      added: part.filter((change) => !change.gone).map((change) => change.run),
      removed: part.filter((change) => change.gone).map((change) => change.run)
    })
  }
  return messages
}

/** Canonical runs as gap, length, gap, length, …; a gap counts from the end of the run before. */
export function toGaps(runs: Iterable<PieceRun>): number[] {
  const gaps: number[] = []
  let end = 0
  for (const run of runs) {
    gaps.push(run.start - end, run.count)
    end = run.start + run.count
  }
  return gaps
}

/**
 * Reads gap, length, gap, length, … from a peer.
 * @param limit - pieces there are; no run may reach beyond
 * @returns the runs, or what is wrong
 */
export function fromGaps(gaps: readonly number[], limit: number): PieceRun[] | string {
  if (gaps.length % 2 !== 0) return 'a run without its length'
  const runs: PieceRun[] = []
  let end = 0
  for (let i = 0; i < gaps.length; i += 2) {
    const gap = gaps[i] ?? 0
    const count = gaps[i + 1] ?? 0
    if (count === 0) return 'an empty run'
    if (gap === 0 && i > 0) return 'runs that touch'
    const start = end + gap
    end = start + count
    if (end > limit) return `a run up to piece ${end} of ${limit}`
    runs.push({ start, count })
  }
  return runs
}

/** Whether some piece is in both of two canonical lists. */
export function runsMeet(a: readonly PieceRun[], b: readonly PieceRun[]): boolean {
  let i = 0
  let j = 0
  for (;;) {
    const x = a[i]
    const y = b[j]
    if (x === undefined || y === undefined) return false
    if (x.start + x.count <= y.start) i++
    else if (y.start + y.count <= x.start) j++
    else return true
  }
}

/**
 * A bitfield of `length` bits with the runs set. Whole bytes at a time: a message of ten bytes may
 * name two million pieces, and must not cost as many steps.
 */
export function bitfieldOf(runs: readonly PieceRun[], length: number): Bitfield {
  const map = new Uint8Array(Math.ceil(length / 8))
  for (const { start, count } of runs) {
    const end = start + count
    const wholeTo = end >>> 3
    map.fill(0xff, Math.ceil(start / 8), wholeTo)
    for (let i = start; i < end && i % 8 !== 0; i++) map[i >>> 3] = (map[i >>> 3] ?? 0) | (0x80 >>> (i & 7))
    for (let i = Math.max(start, wholeTo * 8); i < end; i++)
      map[i >>> 3] = (map[i >>> 3] ?? 0) | (0x80 >>> (i & 7))
  }
  return Bitfield.fromBytes(map, length) ?? new Bitfield(length)
}

function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4
}

/**
 * The smaller wire form of a piece map: runs, or undefined when the bitmap is smaller. Stops
 * looking as soon as the bitmap wins, so a scattered map costs no long list.
 */
export function runsIfSmaller(pieces: Bitfield): number[] | undefined {
  const budget = Math.ceil(pieces.length / 8)
  const gaps: number[] = []
  let size = 0
  let end = 0
  for (const run of pieces.runs()) {
    const gap = run.start - end
    size += varintSize(gap) + varintSize(run.count)
    if (size >= budget) return undefined
    gaps.push(gap, run.count)
    end = run.start + run.count
  }
  return gaps
}
