import { bytes, KiB, MiB, millis } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UploadQueue } from '../../src/index.ts'

const NOW = millis(0)
const request = (peer: string, id: number, length = 256 * KiB) => ({ peer, id, length: bytes(length) })

interface Step {
  kind: string
  peer: number
  pick: number
  length: number
}

/** What the queue must hold, kept the obvious way. */
class Model {
  readonly queue = new UploadQueue({ requestsPerPeer: 8, bytes: 4 * MiB, requests: 6 })
  readonly waiting = new Set<string>()
  readonly serving = new Map<string, { peer: string; id: number }>()
  #id = 0

  play({ kind, peer: p, pick, length }: Step): void {
    const peer = `p${p}`
    if (kind === 'add') {
      const id = ++this.#id
      if (this.queue.add(request(peer, id, length)) === 'queued') this.waiting.add(`${peer}/${id}`)
    } else if (kind === 'next') this.next()
    else if (kind === 'left') this.left(peer)
    else {
      const r = [...this.serving.values()][pick % Math.max(1, this.serving.size)]
      if (r === undefined) return
      if (kind === 'cancel') expect(this.queue.cancel(r.peer, r.id)).toBe('serving')
      else this.end(r)
    }
  }

  next(): void {
    for (const r of this.queue.next(NOW)) {
      expect(this.waiting.delete(`${r.peer}/${r.id}`)).toBe(true)
      this.serving.set(`${r.peer}/${r.id}`, r)
    }
  }

  end(r: { peer: string; id: number }): void {
    this.queue.served(r.peer, r.id, bytes(r.id % 1000), NOW)
    this.serving.delete(`${r.peer}/${r.id}`)
  }

  left(peer: string): void {
    this.queue.peerLeft(peer)
    for (const key of [...this.waiting, ...this.serving.keys()]) {
      if (!key.startsWith(`${peer}/`)) continue
      this.waiting.delete(key)
      this.serving.delete(key)
    }
  }
}

describe('the upload queue', () => {
  test('serves peers in proportion to bytes, not to requests', () => {
    const queue = new UploadQueue({ bytes: 256 * KiB })
    const sent = new Map<string, number>()
    let id = 0
    for (let round = 0; round < 2000; round++) {
      while (queue.add(request('big', ++id, 256 * KiB)) === 'queued');
      while (queue.add(request('small', ++id, 16 * KiB)) === 'queued');
      for (const r of queue.next(NOW)) {
        sent.set(r.peer, (sent.get(r.peer) ?? 0) + r.length)
        queue.served(r.peer, r.id, r.length, NOW)
      }
    }
    const ratio = (sent.get('big') ?? 0) / (sent.get('small') ?? 1)
    expect(ratio).toBeGreaterThan(0.95)
    expect(ratio).toBeLessThan(1.05)
  })

  test('a newcomer starts level and is not made to wait for what others got before', () => {
    const queue = new UploadQueue({ bytes: 256 * KiB })
    for (let id = 0; id < 60; id++) queue.add(request('old', id))
    for (let i = 0; i < 20; i++) for (const r of queue.next(NOW)) queue.served(r.peer, r.id, r.length, NOW)
    for (let id = 0; id < 20; id++) queue.add(request('new', id))
    const order: string[] = []
    for (let i = 0; i < 10; i++) {
      for (const r of queue.next(NOW)) {
        order.push(r.peer)
        queue.served(r.peer, r.id, r.length, NOW)
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

  test('keeps at most 512 KiB of one peer in service', () => {
    const queue = new UploadQueue()
    for (let id = 0; id < 64; id++) queue.add(request('p', id))
    expect(queue.next(NOW).length).toBe(2)
    expect(queue.next(NOW)).toEqual([])
    queue.served('p', 0, bytes(256 * KiB), NOW)
    expect(queue.next(NOW).map((r) => r.id)).toEqual([2])
  })

  test('keeps two requests of one peer in service, however long they are', () => {
    const queue = new UploadQueue()
    for (let id = 0; id < 4; id++) queue.add(request('p', id, 1024 * KiB))
    expect(queue.next(NOW).map((r) => r.id)).toEqual([0, 1])
    queue.checkInvariants()
    expect(queue.next(NOW)).toEqual([])
    queue.served('p', 0, bytes(1024 * KiB), NOW)
    expect(queue.next(NOW).map((r) => r.id)).toEqual([2])
  })

  test('cancels what waits, says so of what is under way, forgets who left', () => {
    const queue = new UploadQueue()
    for (let id = 0; id < 20; id++) queue.add(request('p', id))
    queue.next(NOW)
    expect(queue.cancel('p', 0)).toBe('serving')
    expect(queue.cancel('p', 15)).toBe('removed')
    expect(queue.cancel('p', 15)).toBe('unknown')
    expect(queue.withdraw((r) => r.id >= 18).map((r) => r.id)).toEqual([18, 19])
    queue.peerLeft('p')
    expect([queue.waiting, queue.servingBytes]).toEqual([0, 0])
    queue.served('p', 0, bytes(1), NOW)
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
        const model = new Model()
        for (const s of steps) {
          model.play(s)
          model.queue.checkInvariants()
          expect(model.queue.waiting).toBe(model.waiting.size)
        }
        for (let i = 0; i < 100 && model.waiting.size + model.serving.size > 0; i++) {
          model.next()
          for (const r of [...model.serving.values()]) model.end(r)
        }
        expect(model.waiting.size).toBe(0)
      }),
      { numRuns: 200 }
    )
  })
})
