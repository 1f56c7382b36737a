import { resolve } from 'node:path'
import { resolveHome } from '@p2pshare/control'
import { expect, test } from 'vitest'
import { hookEnvironment } from '../../src/hooks/hook-environment.ts'
import { type HookFacts, hookCommand } from '../../src/hooks/hook-command.ts'

const FACTS: HookFacts = {
  event: 'complete',
  hash: 'bafy',
  name: 'a film.mp4',
  path: '/d/a film.mp4',
  size: 7,
  reason: ''
}

test('placeholders are arguments of their own, however they look', () => {
  const name = `"; rm -rf ~; $(touch x) \`y\` 'z' \n {path}`
  const { program, args, variables } = hookCommand(
    ['/bin/x', '{name}', 'at {path}!', '{hash}:{SIZE}', '{}'],
    {
      ...FACTS,
      name
    }
  )
  expect(program).toBe('/bin/x')
  // What stands in a name is not filled again.
  expect(args).toEqual([name, 'at /d/a film.mp4!', 'bafy:7', '{}'])
  expect(variables).toEqual({
    P2PSHARE_HOOK_PATH: '/d/a film.mp4',
    P2PSHARE_HOOK_NAME: name,
    P2PSHARE_HOOK_HASH: 'bafy',
    P2PSHARE_HOOK_SIZE: '7',
    P2PSHARE_HOOK_EVENT: 'complete',
    P2PSHARE_HOOK_REASON: ''
  })
})

test('no name becomes an option', () => {
  const { args } = hookCommand(['/bin/x', '{name}', '--title={name}', '-n{name}', '{name}-{hash}'], {
    ...FACTS,
    name: '--exec=evil'
  })
  expect(args).toEqual(['./--exec=evil', '--title=--exec=evil', '-n--exec=evil', './--exec=evil-bafy'])
})

test('a path is absolute in any case; NUL is taken out', () => {
  expect(hookCommand(['/bin/x', '{path}'], { ...FACTS, path: '-rf' }).args).toEqual([resolve('-rf')])
  expect(hookCommand(['/bin/x', '{reason}'], { ...FACTS, reason: 'a\0b' }).args).toEqual(['ab'])
})

test('a chosen home is told to hooks as a whole path, the usual one is not', () => {
  const env = { P2PSHARE_HOME: 'here', PATH: '/bin' }
  const chosen = resolveHome({ home: '/mine', env })
  expect(hookEnvironment(env, chosen)).toEqual({ P2PSHARE_HOME: chosen.home, PATH: '/bin' })
  const relative = resolveHome({ env, cwd: '/somewhere' })
  expect(hookEnvironment(env, relative)).toMatchObject({ P2PSHARE_HOME: relative.home })
  const usual = resolveHome({ env: { HOME: '/home/ann' }, platform: 'linux' })
  expect(hookEnvironment({ PATH: '/bin' }, usual)).toEqual({ PATH: '/bin' })
})
