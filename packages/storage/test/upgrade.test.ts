import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Bitfield, isShareError, MiB, type ShareError } from '@p2pshare/base'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { migrate, type Migration, schemaVersion } from '../src/catalogue/migrate.ts'
import { MIGRATIONS } from '../src/catalogue/schema.ts'
import { type OpenedCatalogue, openCatalogue } from '../src/index.ts'
import { nextSchema } from './harness/next-schema.ts'
import { tempFolder } from './harness/temp-folder.ts'

const V1 = readFileSync(new URL('./harness/catalogue-v1.sql', import.meta.url), 'utf8')
const CHILD = new URL('./harness/upgrading.ts', import.meta.url).pathname
const NOW = Date.UTC(2026, 5, 1)

let file: string
beforeEach(() => {
  const folder = tempFolder()
  onTestFinished(folder.remove)
  file = join(folder.path, 'home', 'catalogue.db')
  mkdirSync(dirname(file))
  const db = new DatabaseSync(file)
  db.exec(V1)
  db.close()
})

const open = (migrations?: readonly Migration[]): OpenedCatalogue =>
  openCatalogue({ file, now: () => NOW, ...(migrations === undefined ? {} : { migrations }) })
const files = (): string[] => readdirSync(dirname(file)).toSorted()

/** What the catalogue of schema 1 says, read by this version. */
function expectAll({ catalogue, recovered }: OpenedCatalogue): void {
  expect(recovered).toBeUndefined()
  expect(catalogue.shares()).toMatchObject([{ cid: 'a', name: "it's a name", path: '/d/a' }, { cid: 'b' }])
  const have = new Bitfield(100)
  for (let i = 0; i < 100; i += 3) have.set(i)
  expect(catalogue.have('b', 100)).toEqual(have)
  expect([...catalogue.identities('a')].map(({ inode }) => inode)).toHaveLength(2)
  expect(catalogue.locate(new Uint8Array(32).fill(2))).toEqual([
    { share: 'a', piece: 1 },
    { share: 'b', piece: 1 }
  ])
  expect(catalogue.bans()).toEqual([{ peer: 'peer', until: 1e15, reason: 'bad-piece' }])
  expect(catalogue.values('watching').get('folder:/w')?.length).toBeGreaterThan(1)
}

function versionOf(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true })
  const version = schemaVersion(db)
  db.close()
  return version
}

/** Upgrades in a child and kills it where it stands still. */
async function killedAt(where: string): Promise<void> {
  const child = spawn(process.execPath, [CHILD, file, where], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await gone
}

function upgradeFails(migrations: readonly Migration[]): ShareError {
  try {
    open(migrations).catalogue.close()
  } catch (error) {
    if (isShareError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('a catalogue of schema 1', () => {
  it('is read whole by this version, and by the next one, with a copy beside it', () => {
    const now = open()
    expectAll(now)
    now.catalogue.close()
    const later = open(nextSchema())
    expectAll(later)
    later.catalogue.close()
    expect(versionOf(file)).toBe(MIGRATIONS.length + 1)
    expect(versionOf(`${file}.backup-v${MIGRATIONS.length}`)).toBe(MIGRATIONS.length)
    expect(statSync(`${file}.backup-v${MIGRATIONS.length}`).mode & 0o777).toBe(0o600)
    expect(files().filter((name) => name.endsWith('.new'))).toEqual([])
  })

  it('can be had again as the message of the older version says', () => {
    open(nextSchema()).catalogue.close()
    const copy = `${file}.backup-v${MIGRATIONS.length}`
    const refused = upgradeFails(MIGRATIONS)
    expect(refused).toMatchObject({
      code: 'storage.catalogue-newer',
      hint: expect.stringContaining(`${copy}: docs/upgrading.md`)
    })
    renameSync(copy, file)
    const back = open()
    expectAll(back)
    back.catalogue.close()
    open(nextSchema()).catalogue.close()
    expect(existsSync(copy)).toBe(true)
  })

  it('keeps the last two copies', () => {
    const later: Migration[] = [...MIGRATIONS]
    for (const name of ['one', 'two', 'three']) {
      later.push((db) => db.exec(`CREATE TABLE ${name} (x INTEGER) STRICT`))
      open(later).catalogue.close()
    }
    writeFileSync(`${file}.backup-vx`, 'not ours')
    const kept = [MIGRATIONS.length + 1, MIGRATIONS.length + 2].map(
      (version) => `catalogue.db.backup-v${version}`
    )
    expect(files()).toEqual(['catalogue.db', ...kept, 'catalogue.db.backup-vx'])
  })

  it('goes over several versions at once, or over none', () => {
    const broken = [
      ...nextSchema(),
      (db: DatabaseSync) => {
        db.exec('CREATE TABLE more (x INTEGER)')
      }
    ]
    expect(upgradeFails(broken)).toMatchObject({
      code: 'storage.upgrade-failed',
      message: expect.stringContaining(`from schema ${MIGRATIONS.length} to ${MIGRATIONS.length + 2}`),
      hint: expect.stringContaining('It is as it was')
    })
    const old = open()
    expectAll(old)
    old.catalogue.close()
  })
})

describe('SIGKILL', () => {
  it.each([
    ['copied', MIGRATIONS.length],
    ['changed', MIGRATIONS.length],
    ['done', MIGRATIONS.length + 1]
  ])('when it is %s leaves the old catalogue or the new one, whole', async (where, version) => {
    open().catalogue.close()
    await killedAt(where)
    if (where === 'changed') expect(statSync(`${file}-wal`).size).toBeGreaterThan(100_000)
    const known = version === MIGRATIONS.length ? MIGRATIONS : nextSchema()
    const opened = open(known)
    expectAll(opened)
    opened.catalogue.close()
    expect(versionOf(file)).toBe(version)
    expect(versionOf(`${file}.backup-v${MIGRATIONS.length}`)).toBe(MIGRATIONS.length)
    const upgraded = open(nextSchema())
    expectAll(upgraded)
    upgraded.catalogue.close()
  })

  it('in the middle of the copy leaves what the next start writes over', () => {
    writeFileSync(`${file}.backup-v${MIGRATIONS.length}.new`, 'half of a copy')
    const opened = open(nextSchema())
    expectAll(opened)
    opened.catalogue.close()
    expect(versionOf(`${file}.backup-v${MIGRATIONS.length}`)).toBe(MIGRATIONS.length)
    expect(files().filter((name) => name.endsWith('.new'))).toEqual([])
  })
})

describe('a full disk', () => {
  it('is noticed before anything is written', () => {
    open().catalogue.close()
    const before = [files(), readFileSync(file)]
    const db = new DatabaseSync(file)
    expect(() => migrate(db, file, nextSchema(), () => MiB)).toThrow(
      expect.objectContaining({
        code: 'storage.disk-full',
        message: expect.stringMatching(/takes 2 MiB of space, and 1 MiB are free/),
        hint: expect.stringContaining('not touched')
      })
    )
    db.close()
    expect([files(), readFileSync(file)]).toEqual(before)
    const enough = new DatabaseSync(file)
    migrate(enough, file, nextSchema(), () => undefined)
    expect(schemaVersion(enough)).toBe(MIGRATIONS.length + 1)
    enough.close()
  })

  it('in the middle of the upgrade leaves the old catalogue', () => {
    const full = nextSchema((db) => {
      const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count'])
      db.exec(`PRAGMA max_page_count = ${pages}`)
      db.exec('UPDATE small_values SET value = zeroblob(200000)')
    })
    expect(upgradeFails(full)).toMatchObject({ code: 'storage.disk-full' })
    const old = open()
    expectAll(old)
    old.catalogue.close()
  })
})

it.skipIf(process.platform === 'win32')('is for its owner alone, whatever its folder', () => {
  chmodSync(file, 0o644)
  open().catalogue.close()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const fresh = join(dirname(file), 'fresh.db')
  const { catalogue } = openCatalogue({ file: fresh, now: () => NOW })
  expect(statSync(fresh).mode & 0o777).toBe(0o600)
  expect(statSync(`${fresh}-wal`).mode & 0o777).toBe(0o600)
  catalogue.close()
})
