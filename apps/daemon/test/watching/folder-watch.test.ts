import { describe, expect, test } from 'vitest'
import { type EntryRecord, type EntryState, FolderWatch } from '../../src/watching/folder-watch.ts'
import { MOST_ENTRIES, OLDER_KEPT, QUIET, RESTLESS, RETRY } from '../../src/watching/limits.ts'

const record = (signature: string, ...cids: string[]): EntryRecord => ({
  signature,
  versions: cids.map((cid, at) => ({ cid, at }))
})

/** A folder of which a look each second is told. */
class Story {
  readonly watch: FolderWatch
  now = 0

  constructor(known: Record<string, EntryRecord> = {}, inTrouble: string[] = []) {
    this.watch = new FolderWatch(Object.entries(known), (cid) => inTrouble.includes(cid))
  }

  /** Looks for so long, a second apart, at the same picture; answers what had to be done. */
  see(files: Record<string, string>, ms = 1000): string[] {
    const done: string[] = []
    for (const end = this.now + ms; this.now < end; ) {
      this.now += 1000
      const effects = this.watch.observe(new Map(Object.entries(files)), this.now)
      done.push(...effects.map(({ kind, name }) => `${kind} ${name}`))
    }
    return done
  }

  share(name: string, signature: string, cid: string) {
    return this.watch.seeded(name, { cid, signature, wallTime: this.now })
  }

  state(name: string): EntryState | undefined {
    return [...this.watch.view(this.now)].find((entry) => entry.name === name)?.state
  }
}

describe('what appears', () => {
  test('is shared once it did not change for a while, and once only', () => {
    const story = new Story()
    expect(story.see({ a: '1' }, QUIET)).toEqual([])
    expect([story.state('a'), story.watch.isBusy]).toEqual(['settling', true])
    expect(story.see({ a: '1' })).toEqual(['seed a'])
    expect(story.state('a')).toBe('hashing')
    story.share('a', '1', 'A')
    expect(story.see({ a: '1' }, 10 * QUIET)).toEqual([])
    expect([story.state('a'), story.watch.isBusy]).toEqual(['shared', false])
  })

  test('is waited for as long as it grows; after a minute that is said', () => {
    const story = new Story()
    for (let size = 0; size * 1000 <= RESTLESS; size++) expect(story.see({ log: `${size}` })).toEqual([])
    expect(story.state('log')).toBe('settling')
    story.see({ log: 'more' })
    expect(story.state('log')).toBe('restless')
    expect([...story.watch.view(story.now)][0]?.reason).toMatch(/changes all the time, for 61 s now/)
    expect(story.see({ log: 'more' }, QUIET)).toEqual(['seed log'])
  })

  test('and goes before it was shared is forgotten', () => {
    const story = new Story()
    story.see({ a: '1' })
    expect(story.see({}, 3000)).toEqual([])
    expect(story.state('a')).toBe(undefined)
  })

  test('that cannot be shared is tried again after a while, or when it changes', () => {
    const story = new Story()
    story.see({ a: '1' }, QUIET + 1000)
    story.watch.failed('a', { signature: '1', reason: 'unreadable', now: story.now })
    expect(story.state('a')).toBe('failed')
    expect(story.watch.isBusy).toBe(false)
    expect(story.see({ a: '1' }, RETRY - 1000)).toEqual([])
    expect(story.see({ a: '1' })).toEqual(['seed a'])
    story.watch.failed('a', { signature: '1', reason: 'unreadable', now: story.now })
    expect(story.see({ a: '2' }, QUIET + 1000)).toEqual(['seed a'])
  })

  test('beyond the limit is left out and counted, never what is shared already', () => {
    const names = Array.from({ length: MOST_ENTRIES + 3 }, (_, i) => `f${String(i).padStart(5, '0')}`)
    const story = new Story({ zz: record('1', 'Z') })
    const admitted = story.watch.admit([...names, 'zz'])
    expect([admitted.length, admitted.at(-1), story.watch.left]).toEqual([MOST_ENTRIES, 'zz', 4])
    const few = new Story()
    expect([few.watch.admit(['a', 'b']), few.watch.left]).toEqual([['a', 'b'], 0])
  })
})

describe('what changes', () => {
  test('becomes a new version, with the older ones in order', () => {
    const story = new Story({ a: record('1', 'A') })
    expect(story.see({ a: '2' }, QUIET)).toEqual([])
    expect(story.see({ a: '2' })).toEqual(['seed a'])
    expect(story.share('a', '2', 'B')).toMatchObject({ older: ['A'], dropped: [] })
    // What it was before comes back: the newest again.
    expect(story.share('a', '3', 'A').older).toEqual(['B'])
    // Touched, not changed.
    expect(story.share('a', '4', 'A').record.versions.map(({ cid }) => cid)).toEqual(['B', 'A'])
  })

  test('while it is hashed is hashed again', () => {
    const story = new Story()
    expect(story.see({ a: '1' }, QUIET + 1000)).toEqual(['seed a'])
    expect(story.see({ a: '2' }, 2 * QUIET)).toEqual([])
    story.share('a', '1', 'A')
    expect(story.see({ a: '2' })).toEqual(['seed a'])
  })

  test('very often keeps the latest versions only', () => {
    const story = new Story()
    const cids = Array.from({ length: OLDER_KEPT + 2 }, (_, i) => `v${i}`)
    const results = cids.map((cid) => story.share('a', cid, cid))
    expect(results.at(-2)?.dropped).toEqual([])
    expect(results.at(-1)?.dropped).toEqual(['v0'])
    expect(results.at(-1)?.older).toEqual(cids.slice(1, -1))
    expect(story.watch.versions('a').map(({ cid }) => cid)).toEqual(cids.slice(1))
  })
})

describe('what is gone', () => {
  test('is told once, after two looks, and again when it is back as it was', () => {
    const story = new Story({ a: record('1', 'A') })
    expect(story.see({ a: '1' })).toEqual([])
    expect(story.see({})).toEqual([])
    expect(story.see({ a: '1' })).toEqual([])
    expect(story.see({}, 5000)).toEqual(['gone a'])
    expect(story.state('a')).toBe('missing')
    expect(story.see({ a: '1' }, 5000)).toEqual(['back a'])
    expect(story.state('a')).toBe('shared')
  })

  test('and comes back otherwise is shared anew, even with the same content', () => {
    const story = new Story({ a: record('1', 'A') })
    story.see({}, 2000)
    expect(story.see({ a: '2' }, QUIET + 1000)).toEqual(['seed a'])
    story.share('a', '2', 'A')
    expect(story.state('a')).toBe('shared')
  })

  test('with the whole folder is told at once, and is back with it', () => {
    const story = new Story({ a: record('1', 'A'), b: record('1', 'B') })
    story.see({ a: '1', b: '1' })
    expect(story.watch.offline().map(({ kind, name }) => `${kind} ${name}`)).toEqual(['gone a', 'gone b'])
    expect(story.watch.offline()).toEqual([])
    expect(story.see({ a: '1', b: '1' })).toEqual(['back a', 'back b'])
  })

  test('since before a restart is taken up when it is back', () => {
    const story = new Story({ a: record('1', 'A'), b: record('1', 'B') }, ['A'])
    expect(story.state('a')).toBe('missing')
    expect(story.see({ a: '1', b: '1' })).toEqual(['back a'])
  })
})

test('the same content under another name is found', () => {
  const story = new Story({ a: record('1', 'A'), b: record('2', 'A'), c: record('3', 'C', 'A') })
  story.see({ a: '1', b: '2', c: '3' })
  expect([story.watch.twin('a', 'A'), story.watch.twin('a', 'C')]).toEqual(['b', undefined])
  expect(new Story({ a: record('1', 'A') }).watch.twin('a', 'A')).toBe(undefined)
})

test('whether anything of before is there is told, for a disk that is not mounted', () => {
  const story = new Story({ a: record('1', 'A') })
  expect(story.watch.knowsAny(['b'])).toBe(false)
  expect(story.watch.knowsAny(['b', 'a'])).toBe(true)
  expect(new Story().watch.knowsAny([])).toBe(true)
})
