import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { launchdPlan } from '../../src/service/launchd.ts'
import type { ServiceWish } from '../../src/service/plan.ts'
import { systemdPlan } from '../../src/service/systemd.ts'
import { windowsTaskPlan } from '../../src/service/windows-task.ts'

const NASTY = 'a "b" 100% $HOME \\ <&>'

const wish = (folder = NASTY): ServiceWish => ({
  command: ['/usr/bin/node', '--flag=3', '/opt/p2pshare.js', 'daemon', 'run', '--home', folder],
  self: ['/usr/bin/node', '/opt/p2pshare.js'],
  suffix: '-0011aabb',
  logFile: '/var/log/p2pshare.out',
  userFolder: '/home/u',
  userId: 501
})

test('systemd: restarts on failure, starts at login, and words survive its quoting', () => {
  const { files, install } = systemdPlan(wish(), '/home/u/.config', '/home/u/.local/share')
  expect(files.map(({ path }) => path)).toEqual([
    '/home/u/.config/systemd/user/p2pshare-0011aabb.service',
    '/home/u/.local/share/applications/p2pshare-0011aabb.desktop'
  ])
  const [unit = '', entry = ''] = files.map(({ text }) => text)
  expect(unit).toContain('Restart=on-failure')
  expect(unit).toContain('WantedBy=default.target')
  expect(unit).toContain(String.raw`"--home" "a \"b\" 100%% $$HOME \\ <&>"`)
  expect(entry).toContain('Exec="/usr/bin/node" "/opt/p2pshare.js" "open" "--" %u')
  expect(entry).toContain('MimeType=x-scheme-handler/p2pshare;')
  expect(install.map(({ command }) => command.slice(0, 3))).toEqual([
    ['systemctl', '--user', 'daemon-reload'],
    ['systemctl', '--user', 'enable'],
    ['xdg-mime', 'default', 'p2pshare-0011aabb.desktop']
  ])
})

const hasVerify = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0

test.runIf(hasVerify)('systemd itself finds nothing wrong with the unit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'p2pshare.service')
  const text =
    systemdPlan({ ...wish('/x y'), command: [process.execPath, 'daemon'] }, '/c', '/d').files[0]?.text ?? ''
  writeFileSync(file, text)
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
  expect(stderr.split('\n').filter((line) => line.includes('p2pshare.service'))).toEqual([])
})

const hasPython = spawnSync('python3', ['-V'], { stdio: 'ignore' }).status === 0

test.runIf(hasPython)('launchd: a property list with the very words', () => {
  const { files, isRunning, folders } = launchdPlan(wish())
  expect(folders).toEqual(['/var/log'])
  expect(files[0]?.path).toBe('/home/u/Library/LaunchAgents/p2pshare.daemon-0011aabb.plist')
  const parsed = execFileSync(
    'python3',
    ['-c', 'import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'],
    { input: files[0]?.text ?? '', encoding: 'utf8' }
  )
  expect(JSON.parse(parsed)).toMatchObject({
    Label: 'p2pshare.daemon-0011aabb',
    ProgramArguments: wish().command,
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false }
  })
  expect(isRunning).toEqual(['launchctl', 'print', 'gui/501/p2pshare.daemon-0011aabb'])
})

test('Windows: a task at logon that is started again, and the registry knows links', () => {
  const { files, install } = windowsTaskPlan(wish('C:\\my "home"\\'), 'C:\\data')
  const text = files[0]?.text ?? ''
  expect(text).toContain('<LogonTrigger>')
  expect(text).toContain('<RestartOnFailure>')
  expect(text).toContain(String.raw`&quot;--home&quot; &quot;C:\my \&quot;home\&quot;\\&quot;</Arguments>`)
  expect(install.at(-1)?.command).toContain('"/usr/bin/node" "/opt/p2pshare.js" "open" "--" "%1"')
})
