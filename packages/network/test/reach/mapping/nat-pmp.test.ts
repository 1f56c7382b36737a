import { expect, test } from 'vitest'
import { NatPmp } from '../../../src/reach/mapping/nat-pmp.ts'
import { mapRequest, readAnswer } from '../../../src/reach/mapping/nat-pmp-message.ts'
import { udpRouter } from './fake-routers.ts'

const LOCAL = '127.0.0.1'
const WISH = { local: LOCAL, internalPort: 4001, externalPort: 4001 }
const signal = new AbortController().signal

const address = (host: number[], code = 0): Buffer => Buffer.from([0, 128, 0, code, 0, 0, 0, 9, ...host])
const mapped = (internal: number, external: number, seconds: number, code = 0): Buffer => {
  const answer = Buffer.alloc(16)
  answer.set([0, 130, 0, code])
  answer.writeUInt16BE(internal, 8)
  answer.writeUInt16BE(external, 10)
  answer.writeUInt32BE(seconds, 12)
  return answer
}
const isMap = (message: Buffer): boolean => message[1] === 2

test('asks for the address and the port, and takes what it is given', async () => {
  const { port, seen } = await udpRouter((message) => [
    isMap(message) ? mapped(4001, 4007, 600) : address([5, 5, 1, 2])
  ])
  const router = new NatPmp(LOCAL, LOCAL, { port, wait: 20 })
  expect(await router.speaks(signal)).toBe('yes')
  const result = await router.map(WISH, signal)
  expect(result).toEqual({ mapping: { externalHost: '5.5.1.2', externalPort: 4007, lifetime: 600_000 } })
  expect(seen.at(-1)).toEqual(mapRequest(4001, 4001, 3600))
  await router.unmap(WISH, { externalHost: '5.5.1.2', externalPort: 4007, lifetime: 1 }, signal)
  expect(seen.at(-1)).toEqual(mapRequest(4001, 0, 0))
})

test('a lost datagram is sent again', async () => {
  let count = 0
  const { port } = await udpRouter(() => (++count < 3 ? [] : [address([5, 5, 1, 2])]))
  expect(await new NatPmp(LOCAL, LOCAL, { port, wait: 20 }).speaks(signal)).toBe('yes')
})

test.each<[string, (message: Buffer) => Buffer[], string]>([
  ['silence', () => [], 'no-router'],
  ['noise', () => [Buffer.alloc(500, 7)], 'nonsense'],
  ['an empty datagram', () => [Buffer.alloc(0)], 'nonsense'],
  ['an answer cut short', () => [address([])], 'nonsense'],
  ['no address outside', () => [address([0, 0, 0, 0], 3)], 'refused'],
  ['an unknown code', () => [address([0, 0, 0, 0], 77)], 'refused'],
  ['another inner port', (m) => [isMap(m) ? mapped(22, 4001, 600) : address([5, 5, 1, 2])], 'nonsense'],
  ['outside port 0', (m) => [isMap(m) ? mapped(4001, 0, 600) : address([5, 5, 1, 2])], 'nonsense'],
  ['lifetime 0', (m) => [isMap(m) ? mapped(4001, 4001, 0) : address([5, 5, 1, 2])], 'nonsense']
])('%s: %s', async (_, answer, state) => {
  const { port } = await udpRouter(answer)
  const result = await new NatPmp(LOCAL, LOCAL, { port, wait: 20 }).map(WISH, signal)
  expect(result).toMatchObject({ failure: { state, text: expect.stringMatching(/^The router .*\.$/) } })
})

test('calling off ends it at once', async () => {
  const { port } = await udpRouter(() => [])
  const off = new AbortController()
  const asking = new NatPmp(LOCAL, LOCAL, { port, wait: 20 }).speaks(off.signal)
  off.abort()
  expect(await asking).toBe('no')
  expect(await new NatPmp(LOCAL, LOCAL, { port, wait: 20 }).speaks(off.signal)).toBe('no')
})

test('an answer to another request, or of another version, is none', () => {
  expect(readAnswer(address([5, 5, 1, 2]), 2)).toBeUndefined()
  expect(readAnswer(Buffer.from([2, 128, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), 0)).toBeUndefined()
})
