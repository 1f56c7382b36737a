import { posix } from 'node:path'
import { attempt, type ServicePlan, type ServiceWish, step } from './plan.ts'

/** A systemd user unit (systemd.service(5)), and a desktop entry for `p2pshare:` links. */
export function systemdPlan(wish: ServiceWish, configFolder: string, dataFolder: string): ServicePlan {
  const unit = `p2pshare${wish.suffix}.service`
  const entry = `p2pshare${wish.suffix}.desktop`
  const systemctl = (...args: string[]): [string, ...string[]] => ['systemctl', '--user', ...args]
  return {
    kind: 'systemd',
    files: [
      { path: posix.join(configFolder, 'systemd', 'user', unit), text: unitText(wish) },
      { path: posix.join(dataFolder, 'applications', entry), text: entryText(wish) }
    ],
    folders: [],
    install: [
      step(...systemctl('daemon-reload')),
      step(...systemctl('enable', '--now', unit)),
      attempt('xdg-mime', 'default', entry, 'x-scheme-handler/p2pshare')
    ],
    uninstall: [attempt(...systemctl('disable', '--now', unit)), attempt(...systemctl('daemon-reload'))],
    isRunning: systemctl('is-active', '--quiet', unit),
    logs: `journalctl --user -u ${unit}`,
    gaps: ['It starts at login; `loginctl enable-linger` starts it with the machine.']
  }
}

function unitText({ command }: ServiceWish): string {
  return `[Unit]
Description=p2pshare: peer-to-peer file sharing
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
ExecStart=${command.map(unitWord).join(' ')}
Restart=on-failure
RestartSec=5
TimeoutStopSec=10
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`
}

/** systemd replaces specifiers (%) and variables ($) even within quotes. */
function unitWord(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$')
  return `"${escaped}"`
}

function entryText({ self }: ServiceWish): string {
  return `[Desktop Entry]
Type=Application
Name=p2pshare
Comment=Fetch what a p2pshare: link names
Exec=${[...self, 'open', '--'].map(entryWord).join(' ')} %u
Terminal=true
NoDisplay=true
MimeType=x-scheme-handler/p2pshare;
`
}

/** Quoting of the Desktop Entry specification 1.5, "The Exec key", on top of that of its string values. */
function entryWord(word: string): string {
  const quoted = word.replace(/["`$\\]/g, (sign) => `\\${sign}`).replaceAll('%', '%%')
  return `"${quoted.replaceAll('\\', '\\\\')}"`
}
