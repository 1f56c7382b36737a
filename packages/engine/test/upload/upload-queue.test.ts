import { bytes, KiB, MiB } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UploadQueue } from '../../src/index.ts'

const request = (peer: string, id: number, length = 256 * KiB) => ({ peer, id, length: bytes(length) })

describe('the upload queue', () => {
  test('serves peers in proportion to bytes, not to requests', () => {
    const queue = new UploadQueue({ bytes: 256 * KiB })
    const sent = new Map<string, number>()
    let id = 0
    for (let round = 0; round < 2000; round++) {
      while (queue.add(request('big', ++id, 256 * KiB)) === 'queued');
      while (queue.add(request('small', ++id, 16 * KiB)) === 'queued');
      for (const r of queue.next()) {
        sent.set(r.peer, (sent.get(r.peer) ?? 0) + r.length)
        queue.served(r.peer, r.id, r.length)
      }
    }
    const ratio = (sent.get('big') ?? 0) / (sent.get('small') ?? 1)
    expect(ratio).toBeGreaterThan(0.95)
    expect(ratio).toBeLessThan(1.05)
  })

  test('a newcomer starts level and is not made to wait for what others got before', () => {
    const queue = new UploadQueue({ bytes: 256 * KiB })
    for (let id = 0; id < 60; id++) queue.add(request('old', id))
    for (let i = 0; i < 20; i++) for (const r of queue.next()) queue.served(r.peer, r.id, r.length)
    for (let id = 0; id < 20; id++) queue.add(request('new', id))
    const order: string[] = []
    for (let i = 0; i < 10; i++) {
      for (const r of queue.next()) {
        order.push(r.peer)
        queue.served(r.peer, r.id, r.length)
      }
    }
    const ofNew = order.filter((peer) => peer === 'new').length
    expect(ofNew).toBeGreaterThanOrEqual(4)
    expect(ofNew).toBeLessThanOrEqual(6)
  })

  test('answers busy once over 64 open requests, then flood', () => {
    const queue = new UploadQueue()
    for (let id = 0; id < 64; id++) expect(queue.add(request('p', id))).toBe('queued')
    expect(queue.add(request('p', 64))).toBe('busy')
    expect(queue.add(request('p', 65))).toBe('flood')
    expect(queue.add(request('p', 3))).toBe('duplicate-id')
    expect(queue.add(request('q', 1))).toBe('queued')
  })

  test('keeps at most 2 MiB of one peer in service', () => {
    const queue = new UploadQueue()
    for (let id = 0; id < 64; id++) queue.add(request('p', id))
    expect(queue.next().length).toBe(8)
    expect(queue.next()).toEqual([])
    queue.served('p', 0, bytes(256 * KiB))
    expect(queue.next().map((r) => r.id)).toEqual([8])
  })

  test('cancels what waits, says so of what is under way, forgets who left', () => {
    const queue = new UploadQueue()
    for (let id = 0; id < 20; id++) queue.add(request('p', id))
    queue.next()
    expect(queue.cancel('p', 0)).toBe('serving')
    expect(queue.cancel('p', 15)).toBe('removed')
    expect(queue.cancel('p', 15)).toBe('unknown')
    expect(queue.withdraw((r) => r.id >= 18).map((r) => r.id)).toEqual([18, 19])
    queue.peerLeft('p')
    expect([queue.waiting, queue.servingBytes]).toEqual([0, 0])
    queue.served('p', 0, bytes(1))
    queue.checkInvariants()
  })

  test('keeps its bounds and serves every request exactly once, whatever happens', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'next', 'served', 'cancel', 'left'),
      peer: fc.nat(3),
      pick: fc.nat(100),
      length: fc.integer({ min: 1, max: 3 * MiB })
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new UploadQueue({ requestsPerPeer: 8, bytes: 4 * MiB, requests: 6 })
        const waiting = new Set<string>()
        const serving = new Map<string, { peer: string; id: number }>()
        let id = 0
        for (const s of steps) {
          const peer = `p${s.peer}`
          if (s.kind === 'add') {
            id++
            if (queue.add(request(peer, id, s.length)) === 'queued') waiting.add(`${peer}/${id}`)
          } else if (s.kind === 'next') {
            for (const r of queue.next()) {
              expect(waiting.delete(`${r.peer}/${r.id}`)).toBe(true)
              serving.set(`${r.peer}/${r.id}`, r)
            }
          } else if (s.kind === 'left') {
            queue.peerLeft(peer)
            for (const key of [...waiting, ...serving.keys()]) {
              if (!key.startsWith(`${peer}/`)) continue
              waiting.delete(key)
              serving.delete(key)
            }
          } else {
            const r = [...serving.values()][s.pick % Math.max(1, serving.size)]
            if (r === undefined) continue
            if (s.kind === 'cancel') expect(queue.cancel(r.peer, r.id)).toBe('serving')
            else {
              queue.served(r.peer, r.id, bytes(s.pick))
              serving.delete(`${r.peer}/${r.id}`)
            }
          }
          queue.checkInvariants()
          expect(queue.waiting).toBe(waiting.size)
        }
        for (let i = 0; i < 100 && waiting.size + serving.size > 0; i++) {
          for (const r of [...serving.values(), ...queue.next()]) {
            waiting.delete(`${r.peer}/${r.id}`)
            serving.delete(`${r.peer}/${r.id}`)
            queue.served(r.peer, r.id, bytes(1))
          }
        }
        expect(waiting.size).toBe(0)
      }),
      { numRuns: 200 }
    )
  })
})
