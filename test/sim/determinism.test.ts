import { expect, test } from 'vitest'
import { SwarmSimulation } from './swarm-simulation.ts'
import { population } from './swarm-spec.ts'

async function traceOf(seed: number): Promise<string> {
  const nodes = population({ seed, fetchers: 12 })
  const swarm = new SwarmSimulation({ seed, pieces: 20, nodes, superSeeding: true })
  await swarm.run(
    ({ fetchers, clock }) => clock.now() > 2000 && fetchers.every((peer) => peer.completed),
    600
  )
  expect(swarm.fetchers.filter(({ completed }) => completed === undefined)).toEqual([])
  return swarm.fabric.trace
}

test('the same seed gives the same run, another seed another one', async () => {
  const first = await traceOf(7)
  expect(await traceOf(7)).toBe(first)
  expect(await traceOf(8)).not.toBe(first)
})
