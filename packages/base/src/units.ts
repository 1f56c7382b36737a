/**
 * Branded numbers: the same bits at run time, different kinds to the compiler, so that a piece
 * index is never added to a byte count by accident.
 */
declare const unit: unique symbol
type Unit<Name extends string> = number & { readonly [unit]: Name }

/** Number of a piece within one share, 0 … 2^21 − 1, in depth-first order of the DAG. */
export type PieceIndex = Unit<'PieceIndex'>
/** A count of bytes; a whole number ≥ 0, exact up to 2^53 − 1. */
export type Bytes = Unit<'Bytes'>
/** A point on, or a distance along, the caller's monotonic clock, in milliseconds. */
export type Millis = Unit<'Millis'>
/** Bytes per second, ≥ 0. */
export type ByteRate = Unit<'ByteRate'>

/** Brands a number that the caller knows to be a piece index; no check. */
export const pieceIndex = (n: number): PieceIndex => n as PieceIndex
/** Brands a number that the caller knows to be a byte count; no check. */
export const bytes = (n: number): Bytes => n as Bytes
/** Brands a number that the caller knows to be milliseconds; no check. */
export const millis = (n: number): Millis => n as Millis

export const KiB = 1024
export const MiB = 1024 * KiB
export const GiB = 1024 * MiB

export const SECOND: Millis = millis(1000)
export const MINUTE: Millis = millis(60 * 1000)
export const HOUR: Millis = millis(60 * 60 * 1000)
