import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect } from 'vitest'
import type { WhyAnswer } from '@p2pshare/control'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, fetchTo, seedPath, shareWhen } from '../harness/shares.ts'

/** A hash that nobody has: of one raw block. */
const NOBODYS = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const GONE = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

/** What `p2pshare why --json` says. */
async function why(daemon: DaemonProcess, hash: string): Promise<WhyAnswer> {
  const result = await daemon.run(['why', hash])
  expect(result.code, result.stderr).toBe(0)
  return result.json() as unknown as WhyAnswer
}

const codes = ({ findings }: WhyAnswer): string[] => findings.map(({ code }) => code)

/** Asks the daemon itself until the answer has this code. */
function whyWhen(daemon: DaemonProcess, ref: string, code: string): Promise<WhyAnswer> {
  const look = async (): Promise<WhyAnswer | undefined> => {
    const answer = await clientOf(daemon).why({ ref })
    return codes(answer).includes(code) ? answer : undefined
  }
  return eventually(look, `${daemon.options.name}: why says ${code}`)
}

describe('why', () => {
  test('has a word for a share that is fine, one that is paused, and one that is not here', async ({
    bed
  }) => {
    const source = bed.path('file.bin')
    await writeRandomFile(source, 3_000_000, 3)
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const { cid } = await seedPath(seeder, source)
    expect(await why(fetcher, cid)).toMatchObject({
      cid,
      state: 'unknown',
      findings: [{ code: 'unknown-share' }]
    })
    await fetchTo(fetcher, cid, bed.path('copy.bin'))
    const fine = await why(fetcher, cid)
    expect(fine).toMatchObject({ state: 'seeding', sources: expect.any(Array) })
    expect(codes(fine)).toContain('seeding')
    await fetcher.run(['pause', cid])
    const paused = await fetcher.begin(['why', cid]).ended
    expect(paused.stdout).toContain('✗ It is paused.\n  → Go on with `p2pshare resume`.')
    expect((await fetcher.run(['why', 'nonsense'])).code).toBe(2)
  })

  test('tells a fetch of what nobody has from one without any network', async ({ bed }) => {
    const other = await bed.daemon('other')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [other] })
    const alone = await bed.daemon('alone')
    const jobs = [fetcher, alone].map((daemon) =>
      daemon.begin(['fetch', NOBODYS, '-o', bed.path('x'), '--json'])
    )
    await shareWhen(fetcher, NOBODYS, ({ state }) => state === 'fetching', 'it is fetched')
    const nobody = await whyWhen(fetcher, NOBODYS, 'nobody-has-it')
    expect(nobody.findings.find(({ code }) => code === 'nobody-has-it')).toMatchObject({
      text: expect.stringContaining('The local DHT names nobody who has it'),
      inSeconds: expect.any(Number)
    })
    expect(nobody.sources.map(({ source }) => source)).toContain('lan-dht')
    await shareWhen(alone, NOBODYS, ({ state }) => state === 'fetching', 'it is fetched')
    const lonely = await whyWhen(alone, NOBODYS, 'no-network')
    expect(lonely.findings[0]).toMatchObject({ code: 'no-network', weight: 'stops' })
    for (const daemon of [fetcher, alone]) await daemon.end('SIGTERM')
    await Promise.all(jobs.map(({ ended }) => ended))
  })

  test('says what became of the peers that a link names: dead, silent, elsewhere', async ({ bed }) => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    try {
      const fetcher = await bed.daemon('fetcher')
      const hints = [`/ip4/127.0.0.1/tcp/${port}/p2p/${GONE}`, `/ip4/192.0.2.77/tcp/4001/p2p/${GONE}`]
      const link = `p2pshare:${NOBODYS}?${hints.map((hint) => `peer=${hint}`).join('&')}`
      const job = fetcher.begin(['fetch', link, '-o', bed.path('x'), '--json'])
      await shareWhen(fetcher, NOBODYS, ({ state }) => state === 'fetching', 'it is fetched')
      const answer = await whyWhen(fetcher, NOBODYS, 'unreachable-peers')
      expect(answer.dials[0]).toMatchObject({ peerId: GONE, source: 'hint', outcome: 'timed-out' })
      expect(answer.findings.find(({ code }) => code === 'unreachable-peers')).toMatchObject({
        text: expect.stringContaining('1 did not answer'),
        inSeconds: expect.any(Number)
      })
      expect(codes(answer)).toContain('hints-left-out')
      await fetcher.end('SIGTERM')
      await job.ended
    } finally {
      silent.close()
    }
  })
})
