import { expect, test } from 'vitest'
import { Measuring } from '../src/calls/measure.ts'

test('two watch at once; one more is refused until one of them is done', async () => {
  const measuring = new Measuring()
  const session = { links: () => [] }
  const leaving = new AbortController()
  const begin = () => measuring.measure(session, { duration: 60_000 }, leaving.signal)
  const running = [begin(), begin()]
  await expect(begin()).rejects.toMatchObject({ code: 'daemon.measuring-already' })
  leaving.abort()
  await Promise.all(running)
  await expect(begin()).resolves.toMatchObject({ roundTrips: [] })
})
