import { Bitfield, bytes, pieceIndex } from '@p2pshare/base'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeContent, type Node, World } from './node.ts'
import { StrangeLink, warnings } from './stranger.ts'

const MIB = 1024 * 1024
const content = makeContent(1, { 'a.bin': 3 * MIB, 'b.bin': 500 })
const { cid, layout } = content
const BROKEN_RULE = 'link closed: peer broke a rule'

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

/** A node that has nothing of the share yet, and a peer that is told of it. */
async function fetching(): Promise<{
  victim: Node
  evil: StrangeLink
  lines: ReturnType<typeof warnings>['lines']
}> {
  const { log, lines } = warnings()
  const victim = await world.node('victim', { log })
  await victim.fetch(cid)
  const evil = await StrangeLink.join(await world.stranger('evil'), 'victim', cid)
  return { victim, evil, lines }
}

/** A node that seeds, and a peer that is told of it. */
async function seeding(): Promise<{
  victim: Node
  evil: StrangeLink
  lines: ReturnType<typeof warnings>['lines']
}> {
  const { log, lines } = warnings()
  const victim = await world.node('victim', { log })
  await victim.seed('folder', content)
  const evil = await StrangeLink.join(await world.stranger('evil'), 'victim', cid)
  return { victim, evil, lines }
}

/** Says something over and over, until the other side has enough. */
async function nag(evil: StrangeLink, most: number, say: (n: number) => void): Promise<number> {
  let n = 0
  while (evil.end === undefined && n < most) {
    for (let i = 0; i < 500 && n < most; i++) say(n++)
    await evil.settled()
  }
  return n
}

/** An honest node gets everything, though the evil one has been at work. */
async function othersAreServed(victim: Node): Promise<void> {
  const honest = await world.node('honest')
  if (!victim.session.share(cid).record.complete) await (await world.node('seeder')).seed('folder', content)
  const share = await honest.fetch(cid)
  await world.until('an honest peer has it', () => share.record.complete)
  await world.until('so has the victim', () => victim.session.share(cid).record.complete)
}

describe.each([
  ['a fetching node', fetching],
  ['a seeding node', seeding]
])('%s', (_what, make) => {
  test('closes on a peer that announces and withdraws pieces without end', async () => {
    const { victim, evil, lines } = await make()
    evil.say({ type: 'piece-map', slot: evil.slot, pieces: new Bitfield(layout.pieceCount) })
    const runs = [{ start: 0, count: 1 }]
    const said = await nag(evil, 1_000_000, (n) => {
      const [added, removed] = n % 2 === 0 ? [runs, []] : [[], runs]
      evil.say({ type: 'piece-delta', slot: evil.slot, added, removed })
    })
    expect(said).toBeLessThan(150_000)
    expect(evil.end).toMatchObject({ code: 'limit-exceeded', remote: true })
    expect(lines).toContainEqual(
      expect.objectContaining({ message: BROKEN_RULE, peer: 'evil', code: 'limit-exceeded' })
    )
    await othersAreServed(victim)
  })

  test('closes on a peer that sends one piece map after the other', async () => {
    const { victim, evil, lines } = await make()
    const none = new Bitfield(layout.pieceCount)
    const said = await nag(evil, 1_000_000, () =>
      evil.say({ type: 'piece-map', slot: evil.slot, pieces: none })
    )
    expect(said).toBeLessThan(150_000)
    expect(evil.end).toMatchObject({ code: 'limit-exceeded', remote: true })
    expect(lines).toContainEqual(expect.objectContaining({ message: BROKEN_RULE, peer: 'evil' }))
    await othersAreServed(victim)
  })
})

describe('a peer that asks for what we lack', () => {
  const request = (evil: StrangeLink, id: number, piece: number): void =>
    evil.say({
      type: 'request',
      id,
      slot: evil.slot,
      piece: pieceIndex(piece),
      count: 1,
      offset: bytes(0),
      length: bytes(400)
    })

  test('is refused each time, and sent away when it goes on', async () => {
    const { victim, evil, lines } = await fetching()
    request(evil, 1, 2)
    await evil.settled()
    expect(evil.heard).toContainEqual({ type: 'refuse', id: 1, reason: 'lacking' })
    let asked = 0
    while (evil.end === undefined && asked < 100_000) {
      for (let i = 0; i < 32; i++) request(evil, ++asked, asked % layout.pieceCount)
      await evil.settled()
    }
    expect(asked).toBeLessThan(1000)
    expect(lines).toContainEqual({
      message: BROKEN_RULE,
      peer: 'evil',
      code: 'limit-exceeded',
      reason: 'keeps asking for what we never said we have'
    })
    await othersAreServed(victim)
  })

  test('is sent away by a seeder that it asks for pieces beyond the end', async () => {
    const { victim, evil, lines } = await seeding()
    let asked = 0
    while (evil.end === undefined && asked < 100_000) {
      for (let i = 0; i < 32; i++) request(evil, ++asked, layout.pieceCount + asked)
      await evil.settled()
    }
    expect(asked).toBeLessThan(1000)
    expect(lines).toContainEqual(expect.objectContaining({ message: BROKEN_RULE, code: 'limit-exceeded' }))
    await othersAreServed(victim)
  })

  test('or for a run that does not add up, or beyond a piece, is refused', async () => {
    const { evil } = await seeding()
    const ask = { type: 'request', slot: evil.slot, piece: pieceIndex(0) } as const
    evil.say({ ...ask, id: 1, count: 2, offset: bytes(0), length: bytes(1000) })
    evil.say({ ...ask, id: 2, piece: pieceIndex(3), count: 1, offset: bytes(400), length: bytes(101) })
    evil.say({ ...ask, id: 3, piece: pieceIndex(3), count: 1, offset: bytes(400), length: bytes(100) })
    await evil.settled()
    expect(evil.heard.filter(({ type }) => type === 'refuse')).toEqual([
      { type: 'refuse', id: 1, reason: 'unspecified' },
      { type: 'refuse', id: 2, reason: 'unspecified' }
    ])
  })

  test('once in a while is refused, no more', async () => {
    const { evil } = await fetching()
    for (let n = 1; n <= 400; n++) {
      request(evil, n, n % layout.pieceCount)
      await evil.settled()
      await world.clock.advanceAsync(1000)
    }
    expect(evil.heard.filter(({ type }) => type === 'refuse')).toHaveLength(400)
    expect(evil.end).toBeUndefined()
  })
})

test('a peer that breaks the protocol each time it comes is let in three times an hour, then not for a minute', async () => {
  const { victim, evil, lines } = await seeding()
  let link: StrangeLink | undefined = evil
  let links = 0
  for (; link !== undefined && links < 10; links++) {
    // A slot that is in use cannot be taken again.
    link.say({ type: 'subscribe', slot: link.slot, root: layout.root.bytes, name: '' })
    await link.settled()
    expect(link.end).toMatchObject({ code: 'protocol-error', remote: true })
    link = await StrangeLink.join(await world.stranger('evil'), 'victim', cid).catch(() => undefined)
  }
  expect(links).toBe(3)
  expect(lines).toContainEqual(
    expect.objectContaining({ message: 'peer banned', peer: 'evil', offence: 'broken-rule', minutes: 1 })
  )
  await world.clock.advanceAsync(61_000)
  expect((await StrangeLink.join(await world.stranger('evil'), 'victim', cid)).end).toBeUndefined()
  await othersAreServed(victim)
})
