import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig, type ReadConfig } from '../src/config/config.ts'
import { foreignHand } from '../src/config/own-file.ts'

/** A config.json with a hook, in a folder of its own. */
function configFile(text = '{"onComplete": ["/bin/true", "{path}"], "up": "1MB/s"}') {
  const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'config.json')
  writeFileSync(file, text, { mode: 0o600 })
  const read = (env: Record<string, string> = {}, overrides = {}): ReadConfig =>
    readConfig({ overrides, env, file })
  return { folder, file, read }
}

test('hooks count where only the user can write the file', () => {
  const { read } = configFile()
  expect(read()).toMatchObject({ config: { onComplete: ['/bin/true', '{path}'] }, warnings: [] })
})

test.skipIf(process.platform === 'win32')(
  'where others can write it, hooks do not count, the rest does',
  () => {
    const { file, folder, read } = configFile()
    chmodSync(file, 0o620)
    expect(read().config).toMatchObject({ up: 1e6 })
    expect(read().config.onComplete).toBeUndefined()
    expect(read().warnings).toEqual([
      `config.json: onComplete is not used: others can write ${file}; chmod go-w on it`
    ])
    chmodSync(file, 0o600)
    expect(read().warnings).toEqual([])
    chmodSync(folder, 0o777)
    expect(read().warnings[0]).toContain(`others can write ${folder};`)
    chmodSync(folder, 0o1777)
    expect(read().warnings).toEqual([])
  }
)

test.skipIf(process.platform === 'win32')('the folder of the file counts, not that of a link to it', () => {
  const { file, folder } = configFile()
  const link = join(configFile().folder, 'link')
  symlinkSync(file, link)
  chmodSync(folder, 0o770)
  expect(foreignHand(link, statSync(link))).toContain(folder)
})

test.skipIf(process.getuid === undefined)('a file of another user', () => {
  const { file } = configFile()
  const stat = { mode: 0o600, uid: (process.getuid?.() ?? 0) + 1 }
  expect(foreignHand(file, stat)).toContain('belongs to another user')
  expect(foreignHand(file, { ...stat, uid: 0 })).toBeUndefined()
})

test('neither environment nor command line names a program', () => {
  const { read } = configFile('{}')
  const { config, warnings } = read({ P2PSHARE_ON_COMPLETE: '/bin/sh' }, { 'on-complete': ['/bin/sh'] })
  expect(config.onComplete).toBeUndefined()
  expect(warnings).toEqual(['P2PSHARE_ON_COMPLETE is not read: onComplete is taken from config.json alone'])
})
