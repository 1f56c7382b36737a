import type { FetchState, WhyAnswer } from '@p2pshare/control'
import { describe, expect, test } from 'vitest'
import { StallWords } from '../src/fetching/stall-words.ts'
import { whyText } from '../src/render/why-text.ts'
import { CID, state, testHome } from './run-cli.ts'

const at = (phase: Parameters<typeof state>[0]): FetchState => state(phase) as FetchState

const ANSWER: WhyAnswer = {
  cid: CID,
  name: 'film\u001b.mp4',
  state: 'fetching',
  findings: [
    {
      ...{
        code: 'unreachable-peers',
        weight: 'stops',
        text: '3 peers were found and not reached: 3 refused.'
      },
      ...{ next: 'They are dialled again.', inSeconds: 12, action: 'Check that the other side runs.' }
    },
    { code: 'limited', weight: 'fine', text: 'A limit.', next: null, inSeconds: null, action: null }
  ],
  sources: [
    {
      ...{ source: 'lan-dht', state: 'found', providers: 3, askedAgo: 5, answeredAgo: 4, nextInSeconds: 8 },
      text: null
    },
    {
      ...{
        source: 'amino-dht',
        state: 'asking',
        providers: 0,
        askedAgo: 5,
        answeredAgo: null,
        nextInSeconds: null
      },
      text: null
    }
  ],
  dials: [
    {
      ...{ peerId: '12D3KooWx', source: 'lan-dht', addresses: ['/ip4/1.2.3.4/tcp/1'], outcome: 'refused' },
      ...{ failures: 2, nextInSeconds: 0, text: 'ECONNREFUSED' }
    }
  ]
}

describe('why', () => {
  test('as JSON, as the daemon says it', async () => {
    const seen: unknown[] = []
    const { run } = await testHome({ why: async (request) => (seen.push(request), ANSWER) })
    expect((await run(['why', CID, '--json'])).json).toEqual(ANSWER)
    expect(seen).toEqual([{ ref: CID }])
    expect((await run(['why'])).code).toBe(2)
    expect((await run(['why', 'nonsense'])).code).toBe(2)
  })

  test('for people: what is so, what comes next, what to do; then all that was asked', () => {
    expect(whyText(ANSWER).split('\n')).toEqual([
      'film\\u{1B}.mp4, fetching',
      '✗ 3 peers were found and not reached: 3 refused. They are dialled again in 12s.',
      '  → Check that the other side runs.',
      '· A limit.',
      '',
      'asked:',
      '  local DHT: found peers (3), again in 8s',
      '  public DHT: being asked, since 5s',
      '',
      'peers found:',
      '  12D3KooWx from local DHT: refused, 2 times in a row (ECONNREFUSED), again now'
    ])
    expect(whyText({ ...ANSWER, state: 'seeding' })).not.toContain('asked:')
  })
})

describe('a fetch that does not move', () => {
  test('says why after a while, and how to see more; progress takes the words away', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stall = new StallWords(async () => ANSWER, resolve, 5 as never)
    stall.note(at({ phase: 'waiting' }))
    await promise
    expect(stall.words).toBe(
      `3 peers were found and not reached: 3 refused. They are dialled again in 12s. More: p2pshare why ${CID}`
    )
    stall.note(at({ phase: 'pieces', done: 5, total: 10 }))
    expect(stall.words).toBeUndefined()
    stall.stop()
  })

  test('names the command also where the daemon cannot answer', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stall = new StallWords(() => Promise.reject(new TypeError('unknown call')), resolve, 5 as never)
    stall.note(at({ phase: 'waiting' }))
    await promise
    expect(stall.words).toBe(`More: p2pshare why ${CID}`)
    stall.stop()
  })
})
