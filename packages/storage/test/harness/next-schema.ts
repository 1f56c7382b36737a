import type { DatabaseSync } from 'node:sqlite'
import type { Migration } from '../../src/catalogue/migrate.ts'
import { MIGRATIONS } from '../../src/catalogue/schema.ts'

/** The schema that comes after this version's: a table more, and whatever `work` does. */
export function nextSchema(work: (db: DatabaseSync) => void = () => undefined): Migration[] {
  const next: Migration = (db) => {
    db.exec('CREATE TABLE more (x INTEGER) STRICT')
    work(db)
  }
  return [...MIGRATIONS, next]
}
