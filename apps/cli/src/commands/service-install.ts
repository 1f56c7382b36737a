import { printable } from '@p2pshare/base'
import type { Command, Invocation } from '../command.ts'
import { stopDaemon } from '../daemon/stop-daemon.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { readConfig } from '../settings.ts'
import { install, servicePlan } from '../service/service.ts'
import { type UnseenVariable, unseenVariables } from '../service/unseen-variables.ts'

/** `p2pshare service install`. */
export const serviceInstall: Command = {
  name: 'install',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'Start the daemon at login from now on, and again when it fails; open p2pshare: links',
  example: ['p2pshare service install', 'a systemd user unit, launchd agent or Windows task'],
  options: {},
  async run(call) {
    const plan = servicePlan(call)
    const unseen = unseenVariables(call.around.env, call.homeGiven !== undefined, process.platform)
    checkNetwork(call, unseen)
    // One daemon a home: the service's own could not start beside it.
    const stopped = await stopDaemon(call)
    if (stopped !== undefined) call.terminal.note(`stopped the daemon that ran (pid ${stopped})`)
    install(plan)
    const files = plan.files.map(({ path }) => path)
    const { kind, logs } = plan
    call.terminal.result(
      { installed: true, kind, files, logs, unseen: unseen.map(({ name }) => name) },
      files.map((path) => printable(path)).join('\n')
    )
    call.terminal.note(`The daemon runs as a service now. Its log: ${printable(logs)}`)
    for (const note of [...plan.gaps, ...unseenNotes(unseen)]) call.terminal.note(note)
    return EXIT.done
  }
}

/** Who keeps a daemon out of the public network here must not find it there. @throws ShareError `cli.usage` */
function checkNetwork({ home }: Invocation, unseen: readonly UnseenVariable[]): void {
  const chosen = unseen.find(({ key }) => key === 'network')
  if (chosen === undefined) return
  const { network: written = 'public' } = readConfig(home.configFile)
  if (written === chosen.value) return
  throw usageError(
    `${chosen.name} is set here, and the service would not see it, but join another network`,
    `Write it down first: p2pshare config set network ${printable(chosen.value, 100)}. Or unset the variable.`
  )
}

function unseenNotes(unseen: readonly UnseenVariable[]): string[] {
  const keys = unseen.filter(({ key }) => key !== undefined && key !== 'network')
  const folders = unseen.filter(({ key }) => key === undefined)
  const names = (variables: readonly UnseenVariable[]): string => variables.map(({ name }) => name).join(', ')
  return [
    ...(keys.length === 0
      ? []
      : [
          `Set here, and not seen by the service: ${names(keys)}. Write it down: p2pshare config set ${keys[0]?.key} …`
        ]),
    ...(folders.length === 0
      ? []
      : [
          `${names(folders)}: the service sees that only if your login sets it, too; --home names its folder for good.`
        ])
  ]
}
