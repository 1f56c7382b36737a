import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log, LogFields, ShareState } from '@p2pshare/ports'
import { MemoryCatalogue } from '@p2pshare/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type HookedShare, type HookPrograms, Hooks } from '../../src/hooks/hooks.ts'
import { HOOK_LIMITS, type HookLimits } from '../../src/hooks/limits.ts'

/** A share that does as it is told. */
class ToldShare implements HookedShare {
  readonly record
  /** What users see in place of the record's state. */
  #shown: HookedShare['state'] | undefined
  readonly #listeners: (() => void)[] = []

  constructor(cid: string, state: ShareState = 'fetching') {
    this.record = {
      cid,
      name: `name of ${cid}`,
      path: `/d/${cid}`,
      size: 5,
      state,
      reason: undefined as string | undefined
    }
  }

  get state(): HookedShare['state'] {
    return this.#shown ?? { state: this.record.state, reason: this.record.reason }
  }

  show(state: string, reason: string): void {
    this.#shown = { state, reason }
    for (const listener of this.#listeners) listener()
  }

  become(state: ShareState, reason?: string): void {
    this.#shown = undefined
    Object.assign(this.record, { state, reason })
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.push(listener)
    return () => undefined
  }
}

/** Daemons of one home, one after the other, and what their hooks wrote. */
class Home {
  readonly folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  readonly catalogue = new MemoryCatalogue()
  readonly log: { message: string; fields: LogFields }[] = []
  readonly #script = join(this.folder, 'hook.mjs')
  readonly #written = join(this.folder, 'written')

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }))
    writeFileSync(
      this.#script,
      `import { appendFileSync } from 'node:fs'
       appendFileSync(${JSON.stringify(this.#written)}, process.argv.slice(2).join(' ') + '\\n')`
    )
  }

  get program(): string[] {
    return [process.execPath, this.#script, '{event}', '{hash}', '{path}', '{reason}']
  }

  hooks(programs: HookPrograms = { onComplete: this.program }, limits: Partial<HookLimits> = {}): Hooks {
    const write = (fields: LogFields, message: string): void => void this.log.push({ fields, message })
    const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log }
    const { catalogue, folder } = this
    const hooks = new Hooks(
      { catalogue, log, home: folder, env: process.env, limits: { ...HOOK_LIMITS, ...limits } },
      programs
    )
    onTestFinished(() => hooks.stop())
    return hooks
  }

  /** Waits until as many hooks ended. */
  async ended(count: number): Promise<void> {
    const ends = (): number => this.log.filter(({ message }) => !/started|too many/.test(message)).length
    await expect.poll(ends, { timeout: 10_000 }).toBe(count)
  }

  get written(): string[] {
    return existsSync(this.#written) ? readFileSync(this.#written, 'utf8').split('\n').slice(0, -1) : []
  }
}

test('a fetch that ends runs the hook once, whatever changes then', async () => {
  const home = new Home()
  const hooks = home.hooks()
  const [fetched, seeded] = [new ToldShare('a'), new ToldShare('b', 'seeding')]
  for (const share of [fetched, seeded]) hooks.follow(share)
  hooks.start([fetched, seeded])
  fetched.become('seeding')
  for (const state of ['paused', 'seeding', 'checking', 'seeding', 'error', 'seeding'] as const) {
    fetched.become(state)
    seeded.become(state)
  }
  await home.ended(1)
  expect(home.written).toEqual(['complete a /d/a '])
  expect(home.log.map(({ message }) => message)).toEqual(['hook started', 'hook ended'])
  expect(home.log[1]?.fields).toMatchObject({ event: 'complete', cid: 'a', code: 0 })
  // More of it is wanted later, and comes.
  fetched.become('fetching')
  fetched.become('seeding')
  await home.ended(2)
})

test('a completion while the daemon was down, or before its hook could run, runs it after the start', async () => {
  const home = new Home()
  const killed = home.hooks()
  const [busy, down] = [new ToldShare('busy'), new ToldShare('down')]
  for (const share of [busy, down, new ToldShare('open')]) killed.follow(share)
  busy.become('seeding') // Its turn never comes: this one is not started.
  const restarted = (): ToldShare[] => [
    ...[new ToldShare('busy', 'seeding'), new ToldShare('down', 'seeding')],
    new ToldShare('open')
  ]
  const again = restarted()
  const hooks = home.hooks()
  for (const share of again) hooks.follow(share)
  hooks.start(again)
  await home.ended(2)
  expect(home.written.toSorted()).toEqual(['complete busy /d/busy ', 'complete down /d/down '])
  await hooks.stop()
  const third = home.hooks()
  const last = restarted()
  for (const share of last) third.follow(share)
  third.start(last)
  last[2]?.become('seeding')
  await home.ended(3)
  expect(home.written).toHaveLength(3)
})

test('a hook that began does not begin again, though the daemon was killed', () => {
  const home = new Home()
  const share = new ToldShare('a')
  const hooks = home.hooks()
  hooks.follow(share)
  hooks.start([share])
  share.become('seeding') // Starts the program; nobody sees its end.
  home.hooks().follow(share)
  expect(home.log.filter(({ message }) => message === 'hook started')).toHaveLength(1)
  expect([...home.catalogue.values('hooks').query('')]).toEqual([])
})

test('errors run their hook each time, with the reason; those from before do not', async () => {
  const home = new Home()
  const hooks = home.hooks({ onError: home.program })
  const [share, old] = [new ToldShare('a'), new ToldShare('old', 'error')]
  for (const one of [share, old]) hooks.follow(one)
  hooks.start([share, old])
  old.become('error', 'still')
  share.become('error', 'disk gone')
  share.become('error', 'disk gone')
  await home.ended(1)
  expect(home.written).toEqual(['error a /d/a disk gone'])
  share.become('fetching')
  share.become('error', 'again')
  await home.ended(2)
})

test('what users see as an error is one, such as a file that is missing; a disk that is away is none', async () => {
  const home = new Home()
  const hooks = home.hooks({ onError: home.program })
  const [missed, away] = [new ToldShare('missed', 'seeding'), new ToldShare('away', 'seeding')]
  for (const one of [missed, away]) hooks.follow(one)
  hooks.start([missed, away])
  away.show('offline', 'no disk')
  missed.show('error', 'file missing: x')
  missed.show('error', 'file missing: x')
  await home.ended(1)
  missed.become('seeding')
  missed.show('error', 'file missing: y')
  await home.ended(2)
  expect(home.written).toEqual([
    'error missed /d/missed file missing: x',
    'error missed /d/missed file missing: y'
  ])
})

describe('a share that has been seeded enough', () => {
  const programs = (home: Home): HookPrograms => ({ onSeedStopped: home.program })
  const REASON = 'ratio 2.0 reached'

  test('runs its hook once, over restarts; again when it was taken up and stops once more', async () => {
    const home = new Home()
    const hooks = home.hooks(programs(home))
    const [share, byHand] = [new ToldShare('a', 'seeding'), new ToldShare('hand', 'seeding')]
    let reason: string | undefined
    hooks.follow(share, () => reason)
    hooks.follow(byHand)
    hooks.start([share, byHand])
    byHand.become('paused')
    reason = REASON
    share.become('paused', REASON)
    share.become('paused', REASON)
    await home.ended(1)
    expect(home.written).toEqual([`seed-stopped a /d/a ${REASON}`])
    await hooks.stop()
    const again = home.hooks(programs(home))
    const same = new ToldShare('a', 'paused')
    again.follow(same, () => reason)
    again.start([same])
    reason = undefined
    same.become('seeding')
    reason = REASON
    same.become('paused', REASON)
    await home.ended(2)
    expect(home.written).toHaveLength(2)
  })

  test('and the daemon is killed before its hook ran: it runs after the start', async () => {
    const home = new Home()
    const killed = home.hooks(programs(home))
    const share = new ToldShare('a', 'seeding')
    killed.follow(share, () => REASON)
    share.become('paused', REASON) // Its turn never comes: this one is not started.
    const hooks = home.hooks(programs(home))
    const again = new ToldShare('a', 'paused')
    hooks.follow(again, () => REASON)
    hooks.start([again])
    await home.ended(1)
    expect([...home.catalogue.values('hooks').query('')].map(({ key }) => key)).toEqual(['told:a'])
  })

  test('and is taken up before its turn comes: the next stop is told, too', async () => {
    const home = new Home()
    const hooks = home.hooks(programs(home))
    const share = new ToldShare('a', 'seeding')
    hooks.follow(share, () => (share.record.state === 'paused' ? REASON : undefined))
    share.become('paused', 'first')
    share.become('seeding')
    hooks.start([share])
    share.become('paused', 'second')
    await home.ended(2)
    expect(home.written.toSorted()).toEqual(['seed-stopped a /d/a first', 'seed-stopped a /d/a second'])
  })

  test('while there is no hook for it: none runs later', () => {
    const home = new Home()
    const hooks = home.hooks({})
    const share = new ToldShare('a', 'seeding')
    hooks.follow(share, () => REASON)
    hooks.start([share])
    share.become('paused', REASON)
    hooks.configure(programs(home))
    share.become('paused', REASON)
    const [later, same] = [home.hooks(programs(home)), new ToldShare('a', 'paused')]
    later.follow(same, () => REASON)
    later.start([same])
    expect(home.log).toEqual([])
    expect([...home.catalogue.values('hooks').query('')].map(({ key }) => key)).toEqual(['told:a'])
  })
})

test('a few run at a time, and only so many wait', async () => {
  const home = new Home()
  const go = join(home.folder, 'go')
  const wait = join(home.folder, 'wait.mjs')
  writeFileSync(
    wait,
    `import { existsSync } from 'node:fs'
     const look = setInterval(() => { if (existsSync(${JSON.stringify(go)})) clearInterval(look) }, 20)`
  )
  const hooks = home.hooks({ onComplete: [process.execPath, wait] }, { atOnce: 2, queued: 3 })
  const shares = Array.from({ length: 6 }, (_, i) => new ToldShare(`s${i}`))
  for (const share of shares) hooks.follow(share)
  hooks.start(shares)
  for (const share of shares) share.become('seeding')
  const messages = home.log.map(({ message }) => message)
  expect(messages.filter((message) => message === 'hook started')).toHaveLength(2)
  expect(messages.filter((message) => message.startsWith('too many'))).toHaveLength(1)
  appendFileSync(go, '')
  await home.ended(5)
  // The one that found no room is still owed.
  expect([...home.catalogue.values('hooks').query('')].map(({ key }) => key)).toEqual(['due:s5'])
})

test('other programs count from the next event on; without one nothing runs, then or later', async () => {
  const home = new Home()
  const hooks = home.hooks({})
  const [early, late] = [new ToldShare('early'), new ToldShare('late')]
  for (const share of [early, late]) hooks.follow(share)
  hooks.start([early, late])
  early.become('seeding')
  hooks.configure({ onComplete: home.program })
  late.become('seeding')
  await home.ended(1)
  expect(home.written).toEqual(['complete late /d/late '])
})

test('what was owed to a share that is gone is forgotten', () => {
  const home = new Home()
  home.hooks().follow(new ToldShare('gone'))
  const kept = new ToldShare('kept')
  const hooks = home.hooks()
  hooks.follow(kept)
  hooks.start([kept])
  expect([...home.catalogue.values('hooks').query('')].map(({ key }) => key)).toEqual(['awaited:kept'])
})
