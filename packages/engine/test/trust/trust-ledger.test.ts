import { HOUR, MINUTE, millis } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TrustLedger, type TrustOffence } from '../../src/index.ts'

const DAY = 24 * HOUR

describe('the trust ledger', () => {
  test('first bad piece: 60 s of rest; second within the hour: an hour of ban', () => {
    const ledger = new TrustLedger()
    expect(ledger.strike('p', 'bad-piece', millis(0))).toEqual({ kind: 'rest', until: MINUTE })
    const verdict = ledger.strike('p', 'bad-piece', millis(HOUR - 1))
    expect(verdict).toMatchObject({ kind: 'ban', forMs: HOUR })
    expect(ledger.isBanned('p', millis(2 * HOUR - 2))).toBe(true)
    expect(ledger.isBanned('p', millis(2 * HOUR - 1))).toBe(false)
  })

  test('a bad piece an hour later counts as a first one', () => {
    const ledger = new TrustLedger()
    ledger.strike('p', 'bad-piece', millis(0))
    expect(ledger.strike('p', 'bad-piece', HOUR).kind).toBe('rest')
  })

  test('bad pieces and bad blocks count together, false claims apart', () => {
    const ledger = new TrustLedger()
    ledger.strike('p', 'false-claim', millis(0))
    expect(ledger.strike('p', 'bad-piece', millis(1)).kind).toBe('rest')
    expect(ledger.strike('p', 'bad-block', millis(2)).kind).toBe('ban')
  })

  test('bans double up to a day', () => {
    const ledger = new TrustLedger()
    const lengths: number[] = []
    let now = 0
    for (let i = 0; i < 7; i++) {
      ledger.strike('p', 'bad-piece', millis(now))
      const verdict = ledger.strike('p', 'bad-piece', millis(now))
      if (verdict.kind === 'ban') {
        lengths.push(verdict.forMs / HOUR)
        now = verdict.until
      }
    }
    expect(lengths).toEqual([1, 2, 4, 8, 16, 24, 24])
  })

  test('sixteen unasked answers are borne, the seventeenth bans', () => {
    const ledger = new TrustLedger()
    for (let i = 0; i < 16; i++) expect(ledger.strike('p', 'unrequested-data', millis(i)).kind).toBe('none')
    expect(ledger.strike('p', 'unrequested-data', millis(16)).kind).toBe('ban')
  })

  test('bans survive a restart with the time that was left; senseless ones do not', () => {
    const before = new TrustLedger()
    before.strike('p', 'bad-piece', millis(0))
    before.strike('p', 'bad-piece', millis(0))
    const after = new TrustLedger()
    after.restore(
      [...before.bans(MINUTE), { peer: 'old', forMs: -5 }, { peer: 'far', forMs: 365 * DAY }],
      millis(1000)
    )
    expect(after.bans(millis(1000))).toEqual([
      { peer: 'p', forMs: HOUR - MINUTE },
      { peer: 'far', forMs: DAY }
    ])
    expect(after.nextExpiry(millis(1000))).toBe(1000 + HOUR - MINUTE)
  })

  test('stays within its bounds and keeps bans under any strikes', () => {
    const offences: TrustOffence[] = [
      'bad-piece',
      'bad-block',
      'false-claim',
      'unrequested-data',
      'request-flood'
    ]
    const strike = fc.record({
      peer: fc.nat(30),
      offence: fc.constantFrom(...offences),
      wait: fc.nat(2_000_000)
    })
    fc.assert(
      fc.property(fc.array(strike, { maxLength: 300 }), (strikes) => {
        const ledger = new TrustLedger(20)
        let now = 0
        for (const { peer, offence, wait } of strikes) {
          now += wait
          const verdict = ledger.strike(`p${peer}`, offence, millis(now))
          ledger.checkInvariants()
          expect(ledger.isBanned(`p${peer}`, millis(now))).toBe(verdict.kind === 'ban')
        }
      }),
      { numRuns: 200 }
    )
  })
})
