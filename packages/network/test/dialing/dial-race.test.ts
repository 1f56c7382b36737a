import { millis, type Rng, seededRng } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { DialRace, type RaceEffect, type RaceEvent } from '../../src/dialing/dial-race.ts'

const limits = { stagger: millis(250), relayDelay: millis(1000), parallel: 3, maxAddresses: 6 }

/** A race under hand-made time; `log` holds what it wanted done, with the times. */
function begin(direct: string[], relayed: string[] = []) {
  const race = new DialRace(limits)
  const log: string[] = []
  let now = 0
  const post = (event: RaceEvent): void => {
    race.handle(event, millis(now))
    for (const effect of race.takeEffects())
      log.push(`${now} ${effect.kind}${effect.kind === 'lost' ? '' : ` ${effect.address}`}`)
  }
  const until = (end: number): void => {
    for (let at = race.nextWake(); at !== undefined && at <= end; at = race.nextWake()) {
      now = Math.max(now, at)
      post({ kind: 'tick' })
    }
    now = end
  }
  const addresses = [
    ...direct.map((text) => ({ text, relayed: false })),
    ...relayed.map((text) => ({ text, relayed: true }))
  ]
  post({ kind: 'addresses', addresses })
  return { race, log, post, until }
}

describe('a race of addresses', () => {
  test('starts the next one 250 ms after the one before, and aborts the others when one connects', () => {
    const { log, post, until, race } = begin(['a', 'b', 'c'])
    until(550)
    expect(log).toEqual(['0 dial a', '250 dial b', '500 dial c'])
    post({ kind: 'connected', address: 'c' })
    expect(log.slice(3)).toEqual(['550 abort a', '550 abort b'])
    expect(race.nextWake()).toBeUndefined()
  })

  test('starts the next one at once when the one before failed, but not when an older one did', () => {
    const { log, post, until } = begin(['a', 'b', 'c'])
    until(10)
    post({ kind: 'failed', address: 'a' })
    expect(log).toEqual(['0 dial a', '10 dial b'])
    const other = begin(['a', 'b', 'c'])
    other.until(300)
    other.post({ kind: 'failed', address: 'a' })
    other.until(499)
    expect(other.log).toEqual(['0 dial a', '250 dial b'])
    other.until(500)
    expect(other.log.at(-1)).toBe('500 dial c')
  })

  test('holds back relays for a second, or until no direct way is left', () => {
    const { log, post, until } = begin(['a'], ['r'])
    until(999)
    expect(log).toEqual(['0 dial a'])
    until(1000)
    expect(log.at(-1)).toBe('1000 dial r')
    const refused = begin(['a'], ['r'])
    refused.until(20)
    refused.post({ kind: 'failed', address: 'a' })
    expect(refused.log.at(-1)).toBe('20 dial r')
    post({ kind: 'connected', address: 'r' })
    expect(log.at(-1)).toBe('1000 abort a')
  })

  test('is lost only when all have failed and no more come; late ones count', () => {
    const { log, post } = begin(['a'])
    post({ kind: 'failed', address: 'a' })
    expect(log).toEqual(['0 dial a'])
    post({ kind: 'addresses', addresses: [{ text: 'b', relayed: false }] })
    expect(log.at(-1)).toBe('0 dial b')
    post({ kind: 'complete' })
    post({ kind: 'failed', address: 'b' })
    expect(log.at(-1)).toBe('0 lost')
  })

  test('keeps its bounds in any order of events', () => {
    const rng = seededRng(7)
    for (let run = 0; run < 300; run++) {
      const race = new DialRace(limits)
      const state = { running: new Set<string>(), dialled: [] as string[], lost: 0, won: false }
      for (let step = 0, now = 0; step < 60; step++) {
        now += rng.below(300)
        race.handle(randomEvent(rng, state), millis(now))
        for (const effect of race.takeEffects()) apply(effect, state)
        expect(state.running.size).toBeLessThanOrEqual(state.won ? 0 : limits.parallel)
      }
      expect(new Set(state.dialled).size).toBe(state.dialled.length)
      expect(state.dialled.length).toBeLessThanOrEqual(limits.maxAddresses)
      expect(state.lost).toBeLessThanOrEqual(state.won ? 0 : 1)
    }
  })
})

interface State {
  running: Set<string>
  dialled: string[]
  lost: number
  won: boolean
}

function randomEvent(rng: Rng, state: State): RaceEvent {
  const pick = [...state.running][rng.below(Math.max(1, state.running.size))]
  const dice = rng.below(100)
  if (dice < 25)
    return { kind: 'addresses', addresses: [{ text: `${rng.below(9)}`, relayed: dice % 2 === 0 }] }
  if (dice < 26) return { kind: 'complete' }
  if (dice > 50 || pick === undefined) return { kind: 'tick' }
  state.running.delete(pick)
  if (dice < 49) return { kind: 'failed', address: pick }
  state.won = true
  return { kind: 'connected', address: pick }
}

function apply(effect: RaceEffect, state: State): void {
  const { running, dialled } = state
  if (effect.kind === 'lost') state.lost++
  else if (effect.kind === 'abort') running.delete(effect.address)
  else {
    dialled.push(effect.address)
    running.add(effect.address)
  }
}
