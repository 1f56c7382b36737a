import { win32 } from 'node:path'
import { xml } from './launchd.ts'
import { attempt, type ServicePlan, type ServiceWish, step } from './plan.ts'

/** A task of the Windows Task Scheduler (schema 1.2), and the registry's entry for `p2pshare:` links. */
export function windowsTaskPlan(wish: ServiceWish, dataFolder: string): ServicePlan {
  const name = `p2pshare${wish.suffix}`
  const path = win32.join(dataFolder, `${name}-task.xml`)
  const classKey = 'HKCU\\Software\\Classes\\p2pshare'
  // What a link would smuggle in behind a quote of its own is no option after `--`, and one word too many.
  const open = [...wish.self, 'open', '--', '%1'].map(windowsWord).join(' ')
  return {
    kind: 'task',
    files: [{ path, text: taskText(wish) }],
    folders: [],
    install: [
      step('schtasks', '/Create', '/TN', name, '/XML', path, '/F'),
      step('schtasks', '/Run', '/TN', name),
      attempt('reg', 'add', classKey, '/ve', '/d', 'URL:p2pshare', '/f'),
      attempt('reg', 'add', classKey, '/v', 'URL Protocol', '/d', '', '/f'),
      attempt('reg', 'add', `${classKey}\\shell\\open\\command`, '/ve', '/d', open, '/f')
    ],
    uninstall: [
      attempt('schtasks', '/End', '/TN', name),
      attempt('schtasks', '/Delete', '/TN', name, '/F'),
      attempt('reg', 'delete', classKey, '/f')
    ],
    isRunning: [
      'powershell',
      '-NoProfile',
      '-Command',
      `if ((Get-ScheduledTask '${name}').State -ne 'Running') { exit 1 }`
    ],
    logs: wish.logFile,
    gaps: []
  }
}

function taskText({ command: [program = '', ...args] }: ServiceWish): string {
  return `<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>10</Count></RestartOnFailure>
  </Settings>
  <Actions>
    <Exec>
      <Command>${xml(program)}</Command>
      <Arguments>${xml(args.map(windowsWord).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`
}

/** As CommandLineToArgvW reads it: backslashes count only before a quote. */
function windowsWord(word: string): string {
  return `"${word.replace(/(\\*)("|$)/g, (_, slashes: string, quote: string) => slashes.repeat(2) + (quote && '\\"'))}"`
}
