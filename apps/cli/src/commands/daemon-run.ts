import type { Command } from '../command.ts'
import { DAEMON_OPTIONS, daemonOverrides } from '../daemon/daemon-options.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare daemon run`: the one place where the command loads the daemon itself. */
export const daemonRun: Command = {
  name: 'run',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'Run the daemon in the foreground',
  example: ['p2pshare daemon run --network local', 'never leaves the local network'],
  options: DAEMON_OPTIONS,
  failure: EXIT.daemon,
  async run(call) {
    const overrides = daemonOverrides(call.settings.given)
    // oxlint-disable-next-line no-restricted-imports -- the one place where the command is the daemon
    const { runDaemon } = await import('@p2pshare/daemon')
    return runDaemon({
      ...(call.homeGiven === undefined ? {} : { home: call.homeGiven }),
      overrides,
      onReady(info) {
        const ready = { ...info, event: 'ready' }
        call.terminal.line(ready)
        // Started by `daemon start`, `seed` or `fetch`: tell them, then stand alone.
        announce(ready)
      }
    })
  }
}

/** Started by `daemon start`, `seed` or `fetch`: tell them, then stand alone. */
function announce(ready: object): void {
  if (process.send === undefined) return
  process.send(ready, undefined, undefined, () => {
    if (process.connected) process.disconnect?.()
  })
}
