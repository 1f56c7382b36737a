import type { Connection } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { punchDial } from '../../src/punch/punch-dial.ts'
import { systemClock } from '../support/nodes.ts'

const [ONE, TWO] = [multiaddr('/ip4/5.5.1.2/tcp/4001'), multiaddr('/ip4/5.5.1.2/tcp/4002')]
const NEVER = new AbortController().signal

function refused(code: string): Error {
  return Object.assign(new Error(code), { code })
}

function connection(address: Multiaddr): Connection {
  return { remoteAddr: address } as Connection
}

/** A dial that stays open until it is given up. */
function silent(signal: AbortSignal): Promise<Connection> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(refused('ABORT_ERR'))))
}

describe('dialling while the other side dials us', () => {
  test('takes the first that answers, gives the others up, and leaves the winner alone', async () => {
    const signals = new Map<Multiaddr, AbortSignal>()
    const dial = (address: Multiaddr, signal: AbortSignal): Promise<Connection> => {
      signals.set(address, signal)
      return address === ONE ? silent(signal) : Promise.resolve(connection(address))
    }
    expect((await punchDial([ONE, TWO], dial, systemClock, NEVER)).remoteAddr).toBe(TWO)
    expect([ONE, TWO].map((address) => signals.get(address)?.aborted)).toEqual([true, false])
  })

  test('tries again where it is refused at once', async () => {
    let times = 0
    const dial = (address: Multiaddr): Promise<Connection> =>
      ++times < 3 ? Promise.reject(refused('ECONNREFUSED')) : Promise.resolve(connection(address))
    await punchDial([ONE], dial, systemClock, NEVER)
    expect(times).toBe(3)
  })

  test('ends with what is no refusal, such as another peer at the address', async () => {
    const dial = (): Promise<Connection> => Promise.reject(new Error('unexpected peer'))
    await expect(punchDial([ONE], dial, systemClock, NEVER)).rejects.toMatchObject({
      code: 'network.punch-failed',
      message: expect.stringContaining('unexpected peer')
    })
  })

  test('ends when it is given up', async () => {
    const signal = AbortSignal.timeout(20)
    await expect(punchDial([ONE, TWO], (_, own) => silent(own), systemClock, signal)).rejects.toMatchObject({
      code: 'network.punch-failed'
    })
  })
})
