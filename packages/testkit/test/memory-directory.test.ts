import { expect, it } from 'vitest'
import { DirectoryBoard, directorySuite, samplePublication } from '../src/index.ts'

directorySuite('in memory', async () => {
  const board = new DirectoryBoard()
  const peers = ['a', 'b', 'c'].map((self) => ({
    self,
    directory: board.join({ peer: self, addresses: [`/memory/${self}`] })
  }))
  return { peers, close: async () => undefined }
})

it('forgets a peer that leaves, and says when there are no servers', async () => {
  const board = new DirectoryBoard()
  const seeder = board.join({ peer: 'seeder', addresses: ['/memory/s'] })
  const finder = board.join({ peer: 'finder', addresses: [] })
  const share = samplePublication('s', 0, 1)
  seeder.publish(share)
  expect(board.providers(share.root).map((each) => each.peer)).toEqual(['seeder'])
  board.leave('seeder')
  expect(board.providers(share.root)).toEqual([])
  board.reachable = false
  const outcomes: string[] = []
  for await (const _ of finder.find(share.root, {
    signal: AbortSignal.timeout(1000),
    onReport: (r) => outcomes.push(r.outcome)
  }))
    outcomes.push('?')
  expect(outcomes).toEqual(['no-servers'])
  expect(finder.searches).toHaveLength(1)
})
