import type { Connection } from '@libp2p/interface'
import { VirtualClock } from '@p2pshare/testkit'
import { describe, expect, test } from 'vitest'
import { PUNCH } from '../../src/limits/index.ts'
import { type DirectOutcome, DirectWait } from '../../src/punch/direct-wait.ts'

const CONNECTION = { id: 'direct' } as Connection

function waiting(): {
  clock: VirtualClock
  wait: DirectWait
  outcome: () => Promise<DirectOutcome | 'none'>
} {
  const clock = new VirtualClock()
  const wait = new DirectWait(clock)
  return { clock, wait, outcome: () => Promise.race([wait.outcome, Promise.resolve('none' as const)]) }
}

describe('waiting for a direct connection', () => {
  test('ends with it', async () => {
    const { wait, outcome } = waiting()
    wait.begun()
    wait.connected(CONNECTION)
    expect(await outcome()).toEqual({ connection: CONNECTION })
  })

  test('ends soon where nobody begins', async () => {
    const { clock, outcome } = waiting()
    await clock.advanceAsync(PUNCH.firstWord - 1)
    expect(await outcome()).toBe('none')
    await clock.advanceAsync(1)
    expect(await outcome()).toEqual({ text: 'the other side made no attempt' })
  })

  test('waits for the next attempt a while, then says what went wrong', async () => {
    const { clock, wait, outcome } = waiting()
    wait.begun()
    wait.failed('closed')
    await clock.advanceAsync(PUNCH.nextWord - 1)
    expect(await outcome()).toBe('none')
    await clock.advanceAsync(1)
    expect(await outcome()).toEqual({ text: 'closed' })
  })

  test('ends with the last attempt', async () => {
    const { wait, outcome } = waiting()
    for (let i = 0; i < PUNCH.attempts; i++) {
      expect(await outcome()).toBe('none')
      wait.begun()
      wait.failed(`attempt ${i}`)
    }
    expect(await outcome()).toEqual({ text: `attempt ${PUNCH.attempts - 1}` })
  })

  test('never lasts longer than our patience', async () => {
    const { clock, wait, outcome } = waiting()
    wait.begun()
    await clock.advanceAsync(PUNCH.patience)
    expect(await outcome()).not.toBe('none')
  })
})
