import { Bitfield } from '@p2pshare/base'
import { moment as momentSchema } from '@p2pshare/control'
import { describe, expect, test } from 'vitest'
import type { ServiceParts } from '../src/calls/service.ts'
import { observeDaemon } from '../src/calls/observe.ts'

/** A share as far as observing looks at it. */
const driver = (cid: string, more: { rate?: number; state?: string; peers?: string[] } = {}): object => ({
  cid,
  record: { cid, name: `of ${cid}`, size: 4, path: '/x', pieces: 4, uploaded: 1, downloaded: 2 },
  state: { state: more.state ?? 'seeding', reason: undefined },
  bytes: { done: 0, have: new Bitfield(4) },
  traffic: { rateUp: 0, rateDown: more.rate ?? 0 },
  swarm: { holders: (piece: number) => piece % 2 },
  members: { peers: { all: () => (more.peers ?? []).map((name) => ({ peer: { name } })) } }
})

const STATUS = {
  ...{ phase: 'pieces', found: 0, connected: 0, tried: [], steps: 0, totalSteps: 4, done: 0, total: 4 },
  ...{ rateUp: 0, rateDown: 0, peers: 2, timeLeft: null, waitingFor: null, availability: 1 }
}

/** Parts of a daemon with these shares, and a count of how often a share was looked at. */
function daemonWith(drivers: object[]): { parts: ServiceParts; looks: () => number } {
  let looks = 0
  const parts = {
    ...{ version: '0.1.0', startedAt: 5, config: { network: 'local' } },
    network: {
      peers: () => [
        { peer: 'a', relayed: false },
        { peer: 'b', relayed: true }
      ]
    },
    session: {
      shares: () => [...drivers],
      share: (ref: string) => {
        const found = drivers.find((one) => (one as { cid: string }).cid === ref)
        if (found === undefined) throw new Error(`no share ${ref}`)
        return found
      },
      status: () => {
        looks++
        return STATUS
      },
      limits: { inForce: { up: null, down: null, includeLan: false, why: 'normal' } }
    }
  }
  return { parts: parts as unknown as ServiceParts, looks: () => looks }
}

const first = async (
  parts: ServiceParts,
  request: { ref?: string; shares: number }
): Promise<Record<string, unknown>> => {
  for await (const moment of observeDaemon(parts, request, new AbortController().signal))
    return momentSchema.parse(moment)
  throw new Error('it told nothing')
}

describe('observing a daemon', () => {
  test('what moves comes first, what is worked on before what rests; the rest is counted, not looked at', async () => {
    const { parts, looks } = daemonWith([
      driver('d'),
      driver('c', { state: 'fetching', peers: ['a', 'b', 'stranger'] }),
      driver('b', { rate: 900 }),
      driver('a', { rate: 1000 }),
      driver('e', { rate: 1e6 })
    ])
    const moment = await first(parts, { shares: 4 })
    expect(moment).toMatchObject({
      ...{ peers: 2, relayed: 1, rateDown: 1_001_900, more: 1, states: { seeding: 4, fetching: 1 } },
      // 900 and 1000 are of one step, and keep their places.
      shares: [{ cid: 'e' }, { cid: 'a' }, { cid: 'b' }, { cid: 'c', relayed: 1, map: '.-.-' }]
    })
    expect(looks()).toBe(4)
  })

  test('one share alone; a removed one ends it', async () => {
    const drivers = [driver('a'), driver('b')]
    const { parts } = daemonWith(drivers)
    const moments = observeDaemon(parts, { ref: 'b', shares: 20 }, new AbortController().signal)
    const told = await moments.next()
    expect(told.value).toMatchObject({ shares: [{ cid: 'b' }], more: 0, states: { seeding: 2 } })
    drivers.length = 0
    await expect(moments.next()).rejects.toThrow('no share b')
  })

  test('a moment is made when it is asked for, so that none waits; leaving ends it', async () => {
    const { parts, looks } = daemonWith([driver('a')])
    const leave = new AbortController()
    const moments = observeDaemon(parts, { shares: 20 }, leave.signal)
    expect(looks()).toBe(0)
    await moments.next()
    const next = moments.next()
    leave.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(looks()).toBe(1)
  })
})
