import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test } from '../harness/fixture.ts'

describe('config', () => {
  test('a running daemon takes what it can at once, and keeps it over a restart', async ({ bed }) => {
    const daemon = await bed.daemon('one')
    const set = async (...words: string[]): Promise<Record<string, unknown>> => {
      const result = await daemon.run(['config', 'set', ...words])
      expect(result.code, result.stderr).toBe(0)
      return result.json()
    }
    const limits = async (): Promise<unknown> => (await daemon.run(['status'])).json()['limits']
    expect(await set('up', '3MB/s')).toMatchObject({ daemon: { applied: ['up'], pending: [] } })
    expect(await limits()).toMatchObject({ up: 3e6, down: null })
    expect(await set('relay', 'off')).toMatchObject({ daemon: { applied: ['relay'] } })
    expect((await daemon.run(['relay', 'status'])).json()).toMatchObject({ choice: 'off', mode: 'off' })
    expect(await set('announce', 'roots')).toMatchObject({ daemon: { applied: [], pending: ['announce'] } })
    // The harness gives it in the environment.
    expect(await set('mdns', 'true')).toMatchObject({ daemon: { applied: [], overruled: ['mdns'] } })
    await daemon.run(['limit', '--up', '1MB/s'])
    expect(await daemon.end('SIGTERM')).toBe(0)
    await daemon.start()
    expect(await limits()).toMatchObject({ up: 1e6 })
    expect((await daemon.run(['config', 'unset', 'up'])).json()).toMatchObject({ removed: true })
    expect(await limits()).toMatchObject({ up: null })
  })

  test('a daemon starts in spite of unknown keys, and names the nearest known one', async ({ bed }) => {
    const daemon = bed.prepare('one')
    mkdirSync(daemon.options.home, { recursive: true })
    writeFileSync(join(daemon.options.home, 'config.json'), '{ "portMaping": true, "up": "1MB/s" }')
    await daemon.start()
    expect((await daemon.run(['status'])).json()['warnings']).toContain(
      'config.json: there is no key "portMaping"; did you mean portMapping?'
    )
    expect((await daemon.run(['config', 'unset', 'portMaping'])).code).toBe(0)
    const after = (await daemon.run(['status'])).json()['warnings'] as string[]
    expect(after.filter((warning) => warning.includes('config.json'))).toEqual([])
  })
})
