import { PassThrough } from 'node:stream'
import { type Millis, millis } from '@p2pshare/base'
import type { RemoteCaller } from '@p2pshare/control/server'
import type { Log } from '@p2pshare/ports'
import { MemoryCatalogue } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { AuthorisedPeers } from '../../src/remote/authorised-peers.ts'
import { CALLS, REFUSALS, TOLD } from '../../src/remote/limits.ts'
import { RemoteDoor } from '../../src/remote/remote-door.ts'

const A = `12D3KooW${'a'.repeat(44)}`

function door() {
  const authorised = new AuthorisedPeers(new MemoryCatalogue().values('authorised'))
  const told: object[] = []
  const served: RemoteCaller[] = []
  const log = { warn: (fields: object) => void told.push(fields) } as Partial<Log> as Log
  const clock = { at: 0, now: (): Millis => millis(clock.at) }
  const server = { serve: (_: unknown, caller: RemoteCaller) => void served.push(caller), close() {} }
  return { door: new RemoteDoor({ authorised, server, clock, log }), authorised, told, served, clock }
}

const textOf = (verdict: unknown): string =>
  typeof verdict === 'string' ? verdict : Buffer.from(verdict as Uint8Array).toString()

test('a stranger gets the same words whether somebody is authorised or nobody', () => {
  const empty = door()
  const used = door()
  used.authorised.put({ peerId: A, role: 'control' }, 0)
  const answer = textOf(empty.door.judge('stranger'))
  expect(textOf(used.door.judge('stranger'))).toBe(answer)
  expect(answer).toContain('control.not-authorised')
  expect(answer).toContain('p2pshare authorize stranger --role read')
  expect(empty.door.knows('stranger')).toBe(false)
})

test('it is told in the log once, answered seldom, and then not at all', () => {
  const { door: it, told, clock } = door()
  const verdicts = Array.from({ length: 20 }, () => textOf(it.judge('stranger')))
  expect(verdicts.filter((text) => text !== 'drop')).toHaveLength(REFUSALS.own.burst)
  expect(told).toEqual([{ peer: 'stranger' }])
  clock.at += REFUSALS.own.every + 1
  expect(textOf(it.judge('stranger'))).not.toBe('drop')
  expect(told).toHaveLength(1)
})

test('many strangers together neither fill the log nor keep an authorised peer out', () => {
  const { door: it, authorised, told } = door()
  authorised.put({ peerId: A, role: 'read' }, 0)
  const answered = Array.from({ length: 5000 }, (_, i) => it.judge(`stranger ${i}`)).filter(
    (verdict) => verdict !== 'drop'
  )
  expect(answered).toHaveLength(REFUSALS.all.burst)
  expect(told).toHaveLength(TOLD.all.burst)
  expect(it.judge(A)).toBe('take')
})

test('an authorised peer that calls too often is told so', () => {
  const { door: it, authorised } = door()
  authorised.put({ peerId: A, role: 'read' }, 0)
  const verdicts = Array.from({ length: CALLS.own.burst + 1 }, () => it.judge(A))
  expect(verdicts.slice(0, -1).every((verdict) => verdict === 'take')).toBe(true)
  expect(textOf(verdicts.at(-1))).toContain('control.too-many-calls')
})

test('who is no longer authorised, or has another role, is out at once', () => {
  const { door: it, authorised, served } = door()
  authorised.put({ peerId: A, role: 'control', name: 'laptop' }, 0)
  const first = new PassThrough()
  it.take(A, first)
  expect(served).toMatchObject([{ peerId: A, role: 'control', name: 'laptop' }])
  authorised.put({ peerId: A, role: 'read' }, 1)
  expect(first.destroyed).toBe(true)
  const second = new PassThrough()
  it.take(A, second)
  authorised.remove('laptop')
  expect(second.destroyed).toBe(true)
  // It was judged before it was shut out.
  const third = new PassThrough()
  it.take(A, third)
  expect([third.destroyed, served.length]).toEqual([true, 2])
})
