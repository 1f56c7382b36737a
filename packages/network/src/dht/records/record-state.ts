import { randomBytes } from 'node:crypto'
import type { KeyValueStore } from '@p2pshare/ports'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'

/** What makes sense of the other rows. */
export interface RecordState {
  salt: Uint8Array
  /** First and last log row that may be needed; some between may be missing. */
  oldestLog: number
  newestLog: number
  /** Id of the next new announcer; lower ones may stand in old rows. */
  nextId: number
}

/** Bytes of the secret. */
const SALT_SIZE = 16
const ROW = 'state'
/** Log rows that there may be by far; a row that says more is damaged. */
const MAX_LOG = 100_000

/** The state of the last run; undefined without one, or when it is damaged: then the other rows mean nothing. */
export function loadState(values: KeyValueStore): RecordState | undefined {
  const row = values.get(ROW)
  const [salt = '', ...rest] = row === undefined ? [] : toString(row).split(' ')
  const [oldestLog = 0, newestLog = -1, nextId = 0] = rest.map(Number)
  const right = [oldestLog, newestLog, nextId].every((each) => Number.isSafeInteger(each) && each >= 0)
  if (!/^[0-9a-f]{32}$/.test(salt) || !right || newestLog - oldestLog > MAX_LOG) return undefined
  return { salt: fromString(salt, 'hex'), oldestLog, newestLog, nextId }
}

/** The state of a new store. */
export function freshState(): RecordState {
  return { salt: randomBytes(SALT_SIZE), oldestLog: 1, newestLog: 0, nextId: 1 }
}

/** The row that keeps a state. */
export function saveState(state: RecordState): { key: string; value: Uint8Array } {
  const { salt, oldestLog, newestLog, nextId } = state
  return { key: ROW, value: fromString(`${toString(salt, 'hex')} ${oldestLog} ${newestLog} ${nextId}`) }
}

/** Rows that mean nothing without a state, and those of an earlier form: what they said is announced again within a day. */
const USELESS = ['log/', 'peer/', 'shard/', 'r/', 'p/', 'a/']
/** Rows deleted in one transaction. */
const AT_ONCE = 256

/** Deletes all rows of a store without a state, in batches, one a step. */
export function* dropUselessRows(values: KeyValueStore): Generator<void> {
  for (const prefix of USELESS) {
    for (;;) {
      const keys: string[] = []
      for (const { key } of values.query(prefix)) {
        if (keys.push(key) >= AT_ONCE) break
      }
      if (keys.length === 0) break
      values.batch([], keys)
      yield
    }
  }
}
