import { posix } from 'node:path'
import { attempt, type ServicePlan, type ServiceWish, step } from './plan.ts'

/** A launchd agent (launchd.plist(5)). */
export function launchdPlan(wish: ServiceWish): ServicePlan {
  const label = `p2pshare.daemon${wish.suffix}`
  const path = posix.join(wish.userFolder, 'Library', 'LaunchAgents', `${label}.plist`)
  const domain = `gui/${wish.userId}`
  return {
    kind: 'launchd',
    files: [{ path, text: plistText(wish, label) }],
    // launchd makes no folder, and starts nothing whose log it cannot open.
    folders: [posix.dirname(wish.logFile)],
    install: [
      attempt('launchctl', 'bootout', `${domain}/${label}`),
      step('launchctl', 'bootstrap', domain, path)
    ],
    uninstall: [attempt('launchctl', 'bootout', `${domain}/${label}`)],
    isRunning: ['launchctl', 'print', `${domain}/${label}`],
    logs: wish.logFile,
    gaps: ['p2pshare: links are not opened from a browser: macOS takes an application for that.']
  }
}

function plistText({ command, logFile }: ServiceWish, label: string): string {
  const words = command.map((word) => `    <string>${xml(word)}</string>`).join('\n')
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xml(label)}</string>
  <key>ProgramArguments</key>
  <array>
${words}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>StandardErrorPath</key>
  <string>${xml(logFile)}</string>
</dict>
</plist>
`
}

/** Text between tags. */
export function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
