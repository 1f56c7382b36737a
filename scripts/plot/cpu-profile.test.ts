import { expect, test } from 'vitest'
import { categoryOf, type Frame } from './cpu-category.ts'
import { type CpuProfile, profileShares } from './cpu-profile.ts'

const frame = (functionName: string, url = ''): Frame => ({ functionName, url })
const root = frame('(root)')
const link = frame('#onPayload', 'file:///p2pshare/packages/network/src/link/stream-link.ts')

test('native code and code of Node count for the nearest caller that has a category', () => {
  expect(categoryOf([frame('set'), link, root])).toBe('swarm protocol and links')
  expect(categoryOf([frame('nextTick', 'node:internal/process/task_queues'), link, root])).toBe(
    'swarm protocol and links'
  )
  expect(categoryOf([frame('read'), frame('read', 'node:internal/fs/promises'), link])).toBe('files: calls')
  expect(categoryOf([frame('writev'), frame('writevGeneric', 'node:internal/stream_base_commons')])).toBe(
    'socket: writes'
  )
  expect(categoryOf([frame('(program)'), root])).toBe('other')
})

/** Node 2 is a link's function, 3 the collector, 4 idle. */
function profile(samples: number[], timeDeltas: number[]): CpuProfile {
  return {
    startTime: 1000,
    nodes: [
      { id: 1, callFrame: root, children: [2, 3, 4] },
      { id: 2, callFrame: link },
      { id: 3, callFrame: frame('(garbage collector)') },
      { id: 4, callFrame: frame('(idle)') }
    ],
    samples,
    timeDeltas
  }
}

test('only samples of the window count, and their shares leave out idle time', () => {
  const { shares, idle } = profileShares(
    profile([3, 2, 2, 3, 4, 3], [100, 100, 100, 100, 100, 100]),
    1150,
    1550
  )
  expect(Object.fromEntries(shares)).toEqual({
    'swarm protocol and links': 2 / 3,
    'garbage collection': 1 / 3
  })
  expect(idle).toBe(1 / 4)
})

test('a sample that came late does not count: its thread waited for a core', () => {
  const { shares } = profileShares(profile([2, 3, 2, 3], [100, 5000, 100, 100]), 1000, 9000)
  expect(shares.get('garbage collection')).toBeCloseTo(1 / 3)
})
