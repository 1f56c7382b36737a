import { expect, test } from 'vitest'
import { isMet, SCENARIOS } from './scenarios.ts'

test('a hundred equal peers and one seeder are done within 1.15 × the lower bound', async () => {
  const scenario = SCENARIOS.find(({ name }) => name === 'homogeneous')
  const outcome = await scenario?.run({ peers: 100, pieces: 200, seed: 1 })
  expect(outcome?.checks.length).toBe(2)
  expect(outcome?.checks.filter((check) => !isMet(check))).toEqual([])
})
