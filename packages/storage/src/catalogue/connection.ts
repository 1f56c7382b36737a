import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { ShareError } from '@p2pshare/base'
import type { Row } from './row.ts'
import { catalogueError } from './sqlite-error.ts'

/** A prepared statement whose failures come out as ShareErrors. */
export interface Statement {
  all(...values: SQLInputValue[]): Row[]
  /** The rows of {@link all}, one at a time. */
  iterate(...values: SQLInputValue[]): Iterable<Row>
  get(...values: SQLInputValue[]): Row | undefined
  run(...values: SQLInputValue[]): void
}

/** One open database: prepared statements, transactions that nest by joining, mapped errors. */
export class Connection {
  readonly file: string
  readonly #db: DatabaseSync
  #closed = false

  constructor(db: DatabaseSync, file: string) {
    this.#db = db
    this.file = file
  }

  /** Prepares a statement; called once for each, when the catalogue opens. */
  prepare(sql: string, options: { bigInts?: boolean } = {}): Statement {
    const statement = this.#guard(() => this.#db.prepare(sql))
    if (options.bigInts === true) statement.setReadBigInts(true)
    return this.#wrap(statement)
  }

  #wrap(statement: StatementSync): Statement {
    return {
      all: (...values) => this.#guard(() => statement.all(...values)),
      iterate: (...values) => this.#rows(statement, values),
      get: (...values) => this.#guard(() => statement.get(...values)),
      run: (...values) => {
        this.#guard(() => statement.run(...values))
      }
    }
  }

  *#rows(statement: StatementSync, values: SQLInputValue[]): Generator<Row> {
    const rows = this.#guard(() => statement.iterate(...values))
    try {
      for (;;) {
        const next = this.#guard(() => rows.next())
        if (next.done === true) return
        yield next.value
      }
    } finally {
      rows.return?.()
    }
  }

  /** Runs `work` in a transaction, or inside the one that is already open. */
  transaction<T>(work: () => T): T {
    if (this.#db.isOpen && this.#db.isTransaction) return work()
    this.#guard(() => this.#db.exec('BEGIN IMMEDIATE'))
    try {
      const result = work()
      this.#guard(() => this.#db.exec('COMMIT'))
      return result
    } catch (error) {
      // SQLite has rolled back by itself after some errors (full disk, I/O error).
      if (this.#db.isTransaction) this.#guard(() => this.#db.exec('ROLLBACK'))
      throw error
    }
  }

  /** Folds the write-ahead log back into the file and gives up the lock. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    try {
      this.#guard(() => this.#db.exec('PRAGMA optimize'))
    } finally {
      this.#guard(() => this.#db.close())
    }
  }

  #guard<T>(call: () => T): T {
    if (this.#closed && !this.#db.isOpen) throw closedError()
    try {
      return call()
    } catch (error) {
      throw catalogueError(error, this.file)
    }
  }
}

function closedError(): ShareError {
  return new ShareError({
    code: 'storage.catalogue-closed',
    fault: 'bug',
    message: 'the catalogue was used after it was closed',
    hint: 'Please report this with the log.'
  })
}
