/**
 * A child process that upgrades a catalogue until it is killed. Arguments: file, where to stand still (`copied`,
 * `changed`, `done`). It prints a line when it stands there.
 */
import type { DatabaseSync } from 'node:sqlite'
import { openCatalogue } from '../../src/index.ts'
import { nextSchema } from './next-schema.ts'

const [file = '', stop = ''] = process.argv.slice(2)

function stand(where: string): void {
  if (where !== stop) return
  process.stdout.write(`${where}\n`)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

const migrations = nextSchema((db: DatabaseSync) => {
  stand('copied')
  // So small that the changes reach the disk long before the end.
  db.exec('PRAGMA cache_size = 10')
  db.exec('UPDATE small_values SET value = zeroblob(200000)')
  stand('changed')
})
openCatalogue({ file, now: Date.now, migrations })
stand('done')
