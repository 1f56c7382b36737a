import { VirtualClock } from '@p2pshare/testkit'
import { describe, expect, test } from 'vitest'
import { CircuitLimit } from '../../src/circuit/circuit-limit.ts'
import { HOP, STATUS, STOP } from '../../src/circuit/circuit-protocol.ts'
import { decodeHop, decodeStop, encodeHop, encodeStopStatus } from '../../src/circuit/circuit-message.ts'
import { CIRCUIT } from '../../src/limits/index.ts'
import { HopMessage, StopMessage } from '../support/stock-messages.ts'

const PEER = Uint8Array.from({ length: 38 }, (_, i) => i)

describe('messages to and from a relay', () => {
  test('are read by the stock one', () => {
    expect(HopMessage.decode(encodeHop({ type: HOP.reserve }))['type']).toBe('RESERVE')
    expect(HopMessage.decode(encodeHop({ type: HOP.connect, peer: PEER }))).toMatchObject({
      type: 'CONNECT',
      peer: { id: PEER }
    })
    expect(StopMessage.decode(encodeStopStatus(STATUS.permissionDenied))).toMatchObject({
      type: 'STATUS',
      status: 'PERMISSION_DENIED'
    })
  })

  test('are read from the stock one', () => {
    const limit = { duration: 120, data: 131_072n }
    const reservation = { expire: 1_800_000_000n, addrs: [PEER] }
    expect(decodeHop(HopMessage.encode({ type: 'STATUS', status: 'OK', limit, reservation }))).toEqual({
      ...{ type: HOP.status, status: STATUS.ok, limit: { duration: 120, data: 131_072 } },
      reservation: { expire: 1_800_000_000, addresses: [PEER] }
    })
    const peer = { id: PEER, addrs: [] }
    expect(decodeStop(StopMessage.encode({ type: 'CONNECT', peer, limit }))).toEqual({
      ...{ type: STOP.connect, peer: PEER, limit: { duration: 120, data: 131_072 } }
    })
  })

  test('hold a bounded number of addresses', () => {
    const addrs = Array.from({ length: 1000 }, () => Uint8Array.of(1))
    const bytes = HopMessage.encode({ type: 'STATUS', status: 'OK', reservation: { expire: 1n, addrs } })
    expect(decodeHop(bytes)?.reservation?.addresses).toHaveLength(CIRCUIT.maxAddresses)
  })

  test('that are none are told apart', () => {
    expect(decodeHop(Uint8Array.of(7))).toBeUndefined()
    expect(decodeStop(Uint8Array.of(7))).toBeUndefined()
  })
})

describe('CircuitLimit', () => {
  test('counts what passes, and never below nothing', () => {
    const limit = new CircuitLimit({ duration: 0, data: 100 }, new VirtualClock())
    limit.count(30)
    expect(limit.limits?.bytes).toBe(70n)
    expect(limit.limits?.seconds).toBeUndefined()
    limit.count(300)
    expect(limit.limits?.bytes).toBe(0n)
  })

  test.each([
    ['seconds, as the specification says', 120],
    ['milliseconds, as js-libp2p says', 120_000]
  ])('reads %s', async (_, duration) => {
    const clock = new VirtualClock()
    const { limits } = new CircuitLimit({ duration, data: 0 }, clock)
    expect(limits?.seconds).toBe(120)
    await clock.advanceAsync(100_000)
    expect(limits?.seconds).toBe(20)
    await clock.advanceAsync(100_000)
    expect(limits?.seconds).toBe(0)
  })

  test('is none where the relay names none', () => {
    expect(new CircuitLimit(undefined, new VirtualClock()).limits).toBeUndefined()
    expect(new CircuitLimit({ duration: 0, data: 0 }, new VirtualClock()).limits).toBeUndefined()
  })
})
