import type { RelayRequest, RelayView } from '@p2pshare/control'
import { expect, test } from 'vitest'
import { testHome } from './run-cli.ts'

const VIEW: RelayView = {
  mode: 'data',
  choice: 'data',
  text: 'Data is relayed.',
  places: 3,
  memberPlaces: 2,
  maxPlaces: 128,
  circuits: 1,
  relayed: 7,
  carried: 5 * 2 ** 20,
  budget: { bytes: 2 ** 30, period: 'day', spent: 2 ** 20, left: 2 ** 30 - 2 ** 20, resetsAt: 0 },
  rate: 2 ** 20,
  signalsLeft: 2 ** 28,
  refused: { 'no-place': 2, forbidden: 5 },
  ended: { finished: 6 }
}

async function relayHome(view: RelayView = VIEW) {
  const seen: RelayRequest[] = []
  const home = await testHome({
    relay: async (request) => {
      seen.push(request)
      return view
    }
  })
  return { seen, run: home.run }
}

test.each<[string[], RelayRequest]>([
  [[], { choice: 'data' }],
  [['status'], {}],
  [['off'], { choice: 'off' }],
  [['auto', '--places', 'usual'], { choice: 'auto', places: null }],
  [['--budget', '10GiB'], { choice: 'data', budget: { bytes: 10 * 2 ** 30, period: 'day' } }],
  [
    ['data', '--budget', '300GB/month', '--rate', '2MB/s', '--places', '64'],
    { choice: 'data', budget: { bytes: 3e11, period: 'month' }, rate: 2e6, places: 64 }
  ],
  [
    ['--budget', 'none', '--rate', 'none'],
    { choice: 'data', budget: { bytes: null, period: 'day' }, rate: null }
  ]
])('relay %j', async (line, request) => {
  const { run, seen } = await relayHome()
  const { code, json } = await run(['relay', ...line, '--json'])
  expect([code, json]).toEqual([0, VIEW])
  expect(seen).toEqual([request])
})

test.each([
  [['bananas']],
  [['status', '--rate', '1MB/s']],
  [['--budget', '10GiB/week']],
  [['--budget', '0/day']],
  [['--budget', '10GiB/day/day']],
  [['--places', '0']],
  [['--places', '1001']],
  [['--rate', 'fast']]
])('relay %j is wrong usage', async (line) => {
  const { run, seen } = await relayHome()
  const { code, stderr } = await run(['relay', ...line])
  expect([code, seen]).toEqual([2, []])
  expect(stderr).toMatch(/^p2pshare: [^\n]+\n$/)
})

test('in words: what it does, what is left, what was refused and why', async () => {
  const { run } = await relayHome()
  const { stdout } = await run(['relay', 'status'])
  expect(stdout.split('\n')).toEqual([
    'relay        data',
    'why          Data is relayed.',
    'places       3 of 128 taken, 2 by members of shares here',
    'connections  1 now, 7 since the start',
    'carried      5.0 MiB since the start',
    'budget       1.0 GiB a day: 1.0 MiB used this day, 1023 MiB left, anew in 0s',
    'rate         1.0 MiB/s at most',
    'signals      256 MiB left today',
    'refused      5: over another relay, to itself or to the relay',
    'refused      2: no place free',
    'ended        6: finished',
    ''
  ])
})

test('to look starts no daemon', async () => {
  const { run } = await testHome()
  expect((await run(['relay', 'status'])).code).toBe(3)
})

test.each([
  [['--relay', 'yes']],
  [['--relay-budget', 'much']],
  [['--relay-rate', '-1']],
  [['--relay-places', 'many']]
])('daemon start %j is wrong usage', async (line) => {
  const { run } = await testHome()
  expect((await run(['daemon', 'start', ...line])).code).toBe(2)
})
