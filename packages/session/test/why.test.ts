import { Bitfield } from '@p2pshare/base'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ShareDriver } from '../src/index.ts'
import type { WhyFinding } from '../src/why/why-finding.ts'
import { makeContent, type Node, World } from './node.ts'
import { linkTo, peerName, StrangeLink } from './stranger.ts'

const MIB = 1024 * 1024
const content = makeContent(1, { 'a.bin': 20 * MIB })
const { cid } = content
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

const findings = (node: Node, share: ShareDriver): WhyFinding[] => node.session.why(share).findings
const finding = (node: Node, share: ShareDriver, code: string): WhyFinding | undefined =>
  findings(node, share).find((each) => each.code === code)

/** A fetch that has the index and nobody who serves; with a full piece map to change. */
async function withIndex() {
  const fetcher = await world.node('fetcher')
  const share = await fetcher.fetch(cid)
  fetcher.session.pause(share)
  fetcher.catalogue.putIndexBlocks(cid, content.layout.indexBlocks)
  share.resume()
  await world.until('the index is known', () => share.stage === 'pieces')
  return { fetcher, share, map: Bitfield.full(20) }
}

describe('why, of a running node', () => {
  test('nobody has pieces 12-14: which ones, and that others are sought', async () => {
    const { fetcher, share, map } = await withIndex()
    for (const piece of [12, 13, 14]) map.clear(piece)
    const holder = await StrangeLink.join(await world.stranger('holder'), 'fetcher', cid)
    holder.say({ type: 'piece-map', slot: holder.slot, pieces: map })
    await world.until('the map is known', () => finding(fetcher, share, 'pieces-with-nobody') !== undefined)
    expect(finding(fetcher, share, 'pieces-with-nobody')).toMatchObject({
      text: expect.stringMatching(/^None of \d connected peers? has pieces 12-14 \(3 of 20 pieces\)\.$/),
      next: 'Others are looked for, also by their files and chunks.'
    })
  })

  test('the words of a waiting share are the first ones of why', async () => {
    const { fetcher, share, map } = await withIndex()
    map.clearAll()
    const idle = await StrangeLink.join(await world.stranger('idle'), 'fetcher', cid)
    idle.say({ type: 'piece-map', slot: idle.slot, pieces: map })
    const words = 'None of 1 connected peer has pieces 0-19 (20 of 20 pieces).'
    await world.until('it says so', () => fetcher.session.status(share).waitingFor === words)
    expect(findings(fetcher, share)[0]).toMatchObject({
      code: 'pieces-with-nobody',
      weight: 'stops',
      text: words
    })
  })

  test('a hash that nobody has, and then a peer that says it has nothing of it', async () => {
    const [fetcher, other] = [await world.node('fetcher'), await world.node(peerName('fake'))]
    await other.seed('else', makeContent(2, { '': MIB }))
    const share = await fetcher.fetch(cid)
    await world.until('it was asked', () => finding(fetcher, share, 'nobody-has-it') !== undefined)
    await fetcher.session.remove(share, false)
    const again = await fetcher.fetch(linkTo(cid, peerName('fake')))
    await world.until('it said no', () => finding(fetcher, again, 'lacks-share') !== undefined)
    expect(finding(fetcher, again, 'lacks-share')?.text).toContain('they have nothing of it')
  })

  test('a dead provider, with the time of the next try', async () => {
    world.board.reachable = false
    const fetcher = await world.node('fetcher')
    const share = await fetcher.fetch(linkTo(cid, peerName('gone')))
    await world.until('it was dialled', () => finding(fetcher, share, 'unreachable-peers') !== undefined)
    const { nextAt, text } = finding(fetcher, share, 'unreachable-peers') ?? {}
    expect(text).toContain('1 peer was found and not reached')
    expect(nextAt).toBeGreaterThan(world.clock.now())
    expect(finding(fetcher, share, 'no-dht-server')).toBeDefined()
  })

  test('seeding and paused', async () => {
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    const seeded = await seeder.seed('folder', content)
    const share = await fetcher.fetch(cid)
    await world.until('it is here', () => share.record.complete)
    expect(finding(seeder, seeded, 'seeding')).toMatchObject({ weight: 'fine' })
    fetcher.session.pause(share)
    expect(findings(fetcher, share)).toEqual([
      expect.objectContaining({ code: 'paused', action: 'Go on with `p2pshare resume`.' })
    ])
  })

  test('choked: by whom', async () => {
    const { fetcher, share, map } = await withIndex()
    const choker = await StrangeLink.join(await world.stranger('choker'), 'fetcher', cid)
    choker.say({ type: 'piece-map', slot: choker.slot, pieces: map })
    choker.say({ type: 'choke', slot: choker.slot, choked: true })
    await world.until('it is known', () => finding(fetcher, share, 'choked') !== undefined)
    expect(finding(fetcher, share, 'choked')).toMatchObject({ text: expect.stringContaining('choker') })
  })
})
