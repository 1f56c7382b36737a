/**
 * A child process that downloads a sample share on the real clock until it is killed. Arguments:
 * folder, seed, and `places` when files get their names as they are complete. It prints a line for each piece whose write has resolved.
 */
import { join } from 'node:path'
import { pieceIndex, seededRng } from '@p2pshare/base'
import { subtleHasher } from '../../src/hasher.ts'
import { createShareFiles, openCatalogue } from '../../src/index.ts'
import { crashRecord, crashShare } from './crash-share.ts'
import { quietLog } from './quiet-log.ts'
import { systemClock } from './system-clock.ts'

const [folder = '', seed = '0', mode = ''] = process.argv.slice(2)
const places = mode === 'places'
const share = crashShare()
const rng = seededRng(Number(seed))
const { catalogue } = openCatalogue({ file: join(folder, 'home', 'catalogue.db'), now: Date.now })
const target = join(folder, 'target')
const isNew = catalogue.share(share.cid) === undefined
if (isNew) catalogue.putShare(crashRecord(share, target))
const files = createShareFiles({
  catalogue,
  hasher: subtleHasher,
  clock: systemClock,
  log: quietLog,
  ownData: [join(folder, 'home')],
  reserve: () => 0
})
if (isNew && mode === 'adopts') await files.checkTarget(target, { force: false, adopt: true })
const store = await files.open(share.cid, share.layout, { onLooked: () => process.stdout.write('looked\n') })
process.stdout.write('ready\n')
for (let piece = store.have.nextClear(0); piece !== -1; piece = store.have.nextClear(0)) {
  let pick = pieceIndex(rng.below(share.layout.pieceCount))
  if (store.have.has(pick)) pick = pieceIndex(piece)
  await store.write(pick, share.block(pick))
  process.stdout.write(`${pick}\n`)
  if (rng.below(20) === 0) await store.flush()
  if (rng.below(places ? 12 : 1e9) === 0) {
    await store.place(share.layout.files.keys())
    process.stdout.write('placed\n')
  }
}
await store.finish()
await store.close()
catalogue.close()
process.stdout.write('finished\n')
