import { bytes, millis } from '@p2pshare/base'
import type { SwarmMessage } from '@p2pshare/wire'
import { describe, expect, test } from 'vitest'
import { Outstanding } from '../src/peers/outstanding.ts'
import type { Outgoing } from '../src/peers/participant.ts'

interface Recorder extends Outgoing {
  said: string[]
  target: Uint8Array
}

function recorder(length = 4): Recorder {
  const said: string[] = []
  const target = new Uint8Array(length)
  return {
    said,
    target,
    exact: bytes(length),
    share: 'share',
    most: bytes(length),
    open: () => target,
    progress: (n) => void said.push(`+${n}`),
    arrived: () => void said.push('arrived'),
    refused: (reason) => void said.push(`refused ${reason}`),
    lost: () => void said.push('lost')
  }
}

function setUp(limit = 2): {
  outstanding: Outstanding
  sent: SwarmMessage[]
  ask: (work: Outgoing) => () => void
} {
  const sent: SwarmMessage[] = []
  const outstanding = new Outstanding(limit, (message) => void sent.push(message))
  const digest = new Uint8Array(32)
  const ask = (work: Outgoing): (() => void) =>
    outstanding.ask((id) => ({ type: 'block-request', id, digest, offset: bytes(0), length: bytes(4) }), work)
  return { outstanding, sent, ask }
}

const data = (id: number, length = 4): { type: 'data'; id: number; length: ReturnType<typeof bytes> } => ({
  type: 'data',
  id,
  length: bytes(length)
})

describe('requests of one link', () => {
  test('no more are out than the peer allows; an answer lets the next go', () => {
    const { outstanding, sent, ask } = setUp(2)
    const works = [recorder(), recorder(), recorder()]
    for (const work of works) ask(work)
    expect(sent).toHaveLength(2)
    expect(outstanding.begin(data(1))).toBe(works[0]?.target)
    outstanding.finish(data(1))
    expect(sent).toHaveLength(3)
    expect(works[0]?.said).toEqual(['+4', 'arrived'])
  })

  test('progress is told every 256 KiB or 5 ms, and the rest at the end', () => {
    const { outstanding, ask } = setUp()
    const work = recorder(600_000)
    ask(work)
    const answer = data(1, 600_000)
    outstanding.begin(answer)
    for (const [got, now] of [
      [10, 100],
      [20, 104],
      [30, 105],
      [262_173, 106],
      [262_174, 107],
      [524_300, 107]
    ] as const)
      outstanding.progress(answer, got, millis(now))
    outstanding.finish(answer)
    expect(work.said).toEqual(['+10', '+20', '+262144', '+337826', 'arrived'])
  })

  test('an answer that nobody asked for, or given twice, is told apart', () => {
    const { outstanding, ask } = setUp()
    ask(recorder())
    expect(outstanding.begin(data(9))).toBe('unrequested')
    outstanding.begin(data(1))
    outstanding.finish(data(1))
    expect(outstanding.begin(data(1))).toBe('unrequested')
  })

  test('an answer of another length than asked is a breach', () => {
    const { outstanding, ask } = setUp()
    ask(recorder(4))
    expect(outstanding.begin(data(1, 5))).toBe('wrong-length')
  })

  test('a cancelled request is taken back, and its late answer dropped', () => {
    const { outstanding, sent, ask } = setUp(1)
    const work = recorder()
    const cancel = ask(work)
    cancel()
    expect(sent.at(-1)).toEqual({ type: 'cancel', id: 1 })
    expect(work.said).toEqual(['lost'])
    expect(outstanding.begin(data(1))).toBe('drop')
    ask(recorder())
    expect(sent.at(-1)).toMatchObject({ type: 'block-request', id: 2 })
  })

  test('a request cancelled while its answer arrives ends as lost, once', () => {
    const { outstanding, ask } = setUp()
    const work = recorder()
    const cancel = ask(work)
    outstanding.begin(data(1))
    cancel()
    outstanding.finish(data(1))
    expect(work.said).toEqual(['lost'])
  })

  test('a request that never left is cancelled without a word', () => {
    const { sent, ask } = setUp(1)
    ask(recorder())
    const waiting = recorder()
    ask(waiting)()
    expect(sent).toHaveLength(1)
    expect(waiting.said).toEqual(['lost'])
  })

  test('refusals reach the work; the end of the link loses the rest', () => {
    const { outstanding, ask } = setUp()
    const [first, second] = [recorder(), recorder()]
    ask(first)
    ask(second)
    outstanding.refuse(1, 'lacking')
    outstanding.close()
    expect(first.said).toEqual(['refused lacking'])
    expect(second.said).toEqual(['lost'])
    expect(outstanding.size).toBe(0)
  })
})
