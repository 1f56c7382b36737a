import { describe, expect, test } from 'vitest'
import { resolveHome } from '../src/home.ts'

describe('home', () => {
  test('--home: all below it, relative to the caller', () => {
    const paths = resolveHome({ home: 'h', env: { P2PSHARE_HOME: '/other' }, platform: 'linux', cwd: '/w' })
    expect(paths.home).toBe('/w/h')
    for (const path of Object.values(paths)) expect(path.startsWith('/w/h')).toBe(true)
  })

  test('P2PSHARE_HOME when no --home; an empty one counts as none', () => {
    expect(resolveHome({ env: { P2PSHARE_HOME: '/e' }, platform: 'linux' }).home).toBe('/e')
    expect(resolveHome({ env: { P2PSHARE_HOME: '', HOME: '/u' }, platform: 'linux' }).home).toBe(
      '/u/.local/share/p2pshare'
    )
  })

  test('XDG folders, and their defaults for empty or relative values', () => {
    const env = { HOME: '/u', XDG_DATA_HOME: '/d', XDG_CONFIG_HOME: 'relative', XDG_STATE_HOME: '' }
    const paths = resolveHome({ env, platform: 'linux' })
    expect(paths).toMatchObject({
      home: '/d/p2pshare',
      configFile: '/u/.config/p2pshare/config.json',
      logFile: '/u/.local/state/p2pshare/daemon.log',
      socketPath: '/d/p2pshare/run/control.sock'
    })
  })

  test('the runtime folder of a desktop session does not move the socket', () => {
    const query = { env: { HOME: '/u' }, platform: 'linux' } as const
    const session = { ...query, env: { ...query.env, XDG_RUNTIME_DIR: '/run/user/1' } }
    expect(resolveHome(session)).toEqual(resolveHome(query))
  })

  test('macOS and Windows', () => {
    expect(resolveHome({ env: { HOME: '/Users/u' }, platform: 'darwin' }).home).toBe(
      '/Users/u/Library/Application Support/p2pshare'
    )
    const windows = resolveHome({
      env: { LOCALAPPDATA: 'C:\\L', APPDATA: 'C:\\R', USERPROFILE: 'C:\\u' },
      platform: 'win32'
    })
    expect(windows.configFile).toBe('C:\\R\\p2pshare\\Config\\config.json')
    expect(windows.socketPath).toMatch(/^\\\\\.\\pipe\\p2pshare-[0-9a-f]{24}$/)
  })
})
