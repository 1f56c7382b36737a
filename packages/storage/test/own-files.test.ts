import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { storeBench } from './harness/store-bench.ts'
import { tempFolder } from './harness/temp-folder.ts'

/** A user's folder with the daemon's files in it, and a link to them. */
function bench() {
  const temp = tempFolder()
  const at = (...names: string[]): string => join(temp.path, ...names)
  mkdirSync(at('.config', 'p2pshare'), { recursive: true })
  mkdirSync(at('data'))
  mkdirSync(at('downloads'))
  writeFileSync(at('.config', 'p2pshare', 'config.json'), '{}')
  writeFileSync(at('data', 'catalogue.db'), '')
  symlinkSync(at('.config'), at('downloads', 'way'))
  const ownFiles = [at('.config', 'p2pshare', 'config.json'), at('data', 'catalogue.db'), at('data', 'run')]
  const made = storeBench({ ownFiles })
  onTestFinished(async () => {
    await made.dispose()
    temp.remove()
  })
  return { at, files: made.files }
}

test.each([
  ['.config/p2pshare/config.json', 'the file itself'],
  ['.config/p2pshare', 'its folder'],
  ['.config', 'a folder above'],
  ['.config/P2PSHARE/Config.JSON', 'in other letters'],
  ['downloads/way/p2pshare/config.json', 'over a link'],
  ['data/catalogue.db-wal', 'what belongs to it'],
  ['data/run/control.sock', 'in a folder that does not exist yet']
])('nothing is fetched to %s: %s', async (path) => {
  const { at, files } = bench()
  for (const adopt of [false, true])
    await expect(files.checkTarget(at(path), { force: true, adopt })).rejects.toMatchObject({
      code: 'storage.own-target'
    })
})

test.each(['downloads/film', 'data/film', 'data/run.mp4', 'data/catalogue'])(
  '%s beside them is free',
  async (path) => {
    const { at, files } = bench()
    await files.checkTarget(at(path), { force: true })
  }
)
