import type { SQLOutputValue } from 'node:sqlite'
import { damagedError } from './sqlite-error.ts'

/** A row as node:sqlite gives it: no prototype, columns by name. */
export type Row = Record<string, SQLOutputValue>

/** A whole number within ±2^53, from a number or a big integer. */
export function readInteger(row: Row, column: string): number {
  const value = row[column]
  const n = typeof value === 'bigint' ? Number(value) : value
  if (typeof n !== 'number' || !Number.isSafeInteger(n)) throw damagedError(`column ${column} is no number`)
  return n
}

/** A 64-bit integer; the statement must have `setReadBigInts(true)`. */
export function readBigInt(row: Row, column: string): bigint {
  const value = row[column]
  if (typeof value !== 'bigint') throw damagedError(`column ${column} is no 64-bit number`)
  return value
}

export function readText(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw damagedError(`column ${column} is no text`)
  return value
}

/** Text, or undefined where the column is NULL. */
export function readOptionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : readText(row, column)
}

/** Bytes in a buffer of their own, which the caller owns. */
export function readBytes(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw damagedError(`column ${column} holds no bytes`)
  return value
}

/** 0 or 1. */
export function readFlag(row: Row, column: string): boolean {
  const value = readInteger(row, column)
  if (value !== 0 && value !== 1) throw damagedError(`column ${column} is neither 0 nor 1`)
  return value === 1
}
