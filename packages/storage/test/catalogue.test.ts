import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { Bitfield, isShareError, type PieceIndex, seededRng } from '@p2pshare/base'
import { catalogueSuite, MemoryCatalogue, randomBytes, sampleIdentity, sampleRecord } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrate, schemaVersion } from '../src/catalogue/migrate.ts'
import { MIGRATIONS } from '../src/catalogue/schema.ts'
import { type OpenedCatalogue, openCatalogue } from '../src/index.ts'
import { tempFolder } from './harness/temp-folder.ts'

const NOW = Date.UTC(2026, 5, 1)
const open = (file: string): OpenedCatalogue => openCatalogue({ file, now: () => NOW })

catalogueSuite('in memory', () => {
  const catalogue = new MemoryCatalogue()
  return { catalogue, reopen: () => catalogue, dispose: () => undefined }
})

catalogueSuite('on SQLite', () => {
  const folder = tempFolder()
  const file = join(folder.path, 'catalogue.db')
  let { catalogue } = open(file)
  return {
    catalogue,
    reopen: () => {
      catalogue.close()
      catalogue = open(file).catalogue
      return catalogue
    },
    dispose: () => {
      catalogue.close()
      folder.remove()
    }
  }
})

describe('the catalogue file', () => {
  let folder: ReturnType<typeof tempFolder>
  let file: string
  beforeEach(() => {
    folder = tempFolder()
    file = join(folder.path, 'home', 'catalogue.db')
  })
  afterEach(() => folder.remove())

  it('belongs to one process', async () => {
    const { catalogue } = open(file)
    const module = JSON.stringify(new URL('../src/catalogue/open-catalogue.ts', import.meta.url).href)
    const script = `
      const { openCatalogue } = await import(${module})
      try { openCatalogue({ file: ${JSON.stringify(file)}, now: Date.now }); console.log('opened') }
      catch (error) { console.log(error.code) }`
    const child = async (): Promise<string> => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
      return stdout.trim()
    }
    expect(await child()).toBe('storage.catalogue-locked')
    expect(() => open(file)).toThrow(expect.objectContaining({ code: 'storage.catalogue-locked' }))
    catalogue.close()
    expect(await child()).toBe('opened')
  })

  it('of a newer p2pshare is refused and not touched', () => {
    open(file).catalogue.close()
    const db = new DatabaseSync(file)
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    db.close()
    const before = readFileSync(file)
    const files = readdirSync(join(folder.path, 'home'))
    expect(() => open(file)).toThrow(expect.objectContaining({ code: 'storage.catalogue-newer' }))
    expect(readFileSync(file)).toEqual(before)
    expect(readdirSync(join(folder.path, 'home'))).toEqual(files)
  })

  it('is copied before a migration, which happens whole or not at all', () => {
    open(file).catalogue.close()
    const db = new DatabaseSync(file)
    const failing = [...MIGRATIONS, () => db.exec('CREATE TABLE more (x) STRICT')]
    expect(() => migrate(db, file, failing)).toThrow()
    expect(schemaVersion(db)).toBe(MIGRATIONS.length)
    migrate(db, file, [...MIGRATIONS, () => db.exec('CREATE TABLE more (x INTEGER) STRICT')])
    expect(schemaVersion(db)).toBe(MIGRATIONS.length + 1)
    db.close()
    const copy = new DatabaseSync(`${file}.backup-v${MIGRATIONS.length}`)
    expect(schemaVersion(copy)).toBe(MIGRATIONS.length)
    expect(copy.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'more'").get()).toEqual({
      n: 0
    })
    copy.close()
  })

  it('that is no database is kept beside a fresh one', () => {
    open(file).catalogue.close()
    writeFileSync(file, 'what is this?'.repeat(1000))
    const { catalogue, recovered } = open(file)
    expect(recovered?.copy).toMatch(/catalogue\.damaged-2026-06-01T/)
    expect(readFileSync(recovered?.copy ?? '', 'utf8')).toContain('what is this?')
    expect(catalogue.shares()).toEqual([])
    catalogue.close()
  })

  it('with other tables than ours is kept beside a fresh one', () => {
    open(file).catalogue.close()
    const db = new DatabaseSync(file)
    db.exec('DROP TABLE wraps')
    db.close()
    const { catalogue, recovered } = open(file)
    expect(recovered).toBeDefined()
    catalogue.close()
  })

  it('damaged at random opens, or is set aside; piece maps are never wrong', { timeout: 60_000 }, () => {
    const sound = fill(file)
    const original = readFileSync(file)
    const rng = seededRng(20260601)
    let aside = 0
    for (let round = 0; round < 60; round++) {
      const damaged = Buffer.from(original)
      for (let flips = 1 + rng.below(8); flips > 0; flips--) {
        damaged.writeUInt8(rng.below(256), rng.below(damaged.byteLength))
      }
      const end = rng.below(4) === 0 ? rng.below(damaged.byteLength) : damaged.byteLength
      writeFileSync(file, damaged.subarray(0, end))
      aside += damagedOpens(file, sound) ? 1 : 0
    }
    expect(aside).toBeGreaterThan(0)
    expect(aside).toBeLessThan(60)
  })

  it('takes a million piece keys in bounded time', { timeout: 60_000 }, () => {
    const { catalogue } = open(file)
    const digests = randomBytes(seededRng(1), 32 * 1000)
    const digest = (piece: PieceIndex): Uint8Array => {
      const d = digests.slice((piece % 1000) * 32, (piece % 1000) * 32 + 32)
      new DataView(d.buffer).setUint32(0, Math.imul(piece, 0x9e3779b1))
      return d
    }
    catalogue.putShare(sampleRecord('a'))
    catalogue.putPieceKeys('a', 200_000, digest)
    expect(catalogue.locate(digest(123_456 as PieceIndex))).toEqual([{ share: 'a', piece: 123_456 }])
    catalogue.close()
    expect(existsSync(file)).toBe(true)
  })
})

const SOUND_HAVE = 5000

function fill(file: string): Bitfield {
  const { catalogue } = open(file)
  const rng = seededRng(3)
  const have = new Bitfield(SOUND_HAVE)
  for (let i = 0; i < SOUND_HAVE; i++) if (rng.below(3) > 0) have.set(i)
  for (const cid of ['a', 'b', 'c']) {
    catalogue.putShare(sampleRecord(cid))
    catalogue.putHave(cid, have)
    catalogue.putPieceKeys(cid, 300, () => randomBytes(rng, 32))
    catalogue.putIdentities(
      cid,
      [0, 1, 2].map((i) => sampleIdentity(i, rng))
    )
  }
  catalogue.close()
  return have
}

/** Whether the damage was found at the start. */
function damagedOpens(file: string, sound: Bitfield): boolean {
  let opened: OpenedCatalogue
  try {
    opened = open(file)
  } catch (error) {
    // A flipped version number looks like a newer catalogue: refused, and kept.
    expect(isShareError(error, 'storage.catalogue-newer')).toBe(true)
    return true
  }
  const { catalogue, recovered } = opened
  if (recovered !== undefined) expect(existsSync(recovered.copy)).toBe(true)
  try {
    for (const share of catalogue.shares()) {
      const have = catalogue.have(share.cid, SOUND_HAVE)
      expect(sound.lacksSomeOf(have)).toBe(false)
      expect([...catalogue.identities(share.cid)].length).toBeLessThan(1000)
    }
  } catch (error) {
    expect(isShareError(error, 'storage.catalogue-damaged')).toBe(true)
  }
  catalogue.close()
  return recovered !== undefined
}
