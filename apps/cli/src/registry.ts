import type { Command } from './command.ts'

/** A command by its name; loaded when it is meant, since loading all takes longer than running one. */
export interface CommandEntry {
  readonly name: string
  load(): Promise<Command>
}

/** A word that commands stand under. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly commands: readonly CommandEntry[]
}

/** Every command there is. */
export type CommandTree = readonly (CommandEntry | CommandGroup)[]

/** Every command, in the order that help shows. */
export const COMMANDS: CommandTree = [
  { name: 'seed', load: async () => (await import('./commands/seed.ts')).seed },
  { name: 'watch', load: async () => (await import('./commands/watch.ts')).watch },
  { name: 'unwatch', load: async () => (await import('./commands/unwatch.ts')).unwatch },
  { name: 'fetch', load: async () => (await import('./commands/fetch.ts')).fetch },
  { name: 'open', load: async () => (await import('./commands/open.ts')).open },
  { name: 'list', load: async () => (await import('./commands/list.ts')).list },
  { name: 'ls', load: async () => (await import('./commands/ls.ts')).ls },
  { name: 'cat', load: async () => (await import('./commands/cat.ts')).cat },
  { name: 'select', load: async () => (await import('./commands/select.ts')).select },
  { name: 'status', load: async () => (await import('./commands/status.ts')).status },
  { name: 'why', load: async () => (await import('./commands/why.ts')).why },
  { name: 'top', load: async () => (await import('./commands/top.ts')).top },
  { name: 'link', load: async () => (await import('./commands/link.ts')).link },
  { name: 'remove', load: async () => (await import('./commands/remove.ts')).remove },
  { name: 'pause', load: async () => (await import('./commands/pause.ts')).pause },
  { name: 'resume', load: async () => (await import('./commands/resume.ts')).resume },
  { name: 'relocate', load: async () => (await import('./commands/relocate.ts')).relocate },
  { name: 'verify', load: async () => (await import('./commands/verify.ts')).verify },
  { name: 'queue', load: async () => (await import('./commands/queue.ts')).queue },
  { name: 'stop-when', load: async () => (await import('./commands/stop-when.ts')).stopWhen },
  { name: 'limit', load: async () => (await import('./commands/limit.ts')).limit },
  { name: 'relay', load: async () => (await import('./commands/relay.ts')).relay },
  { name: 'peers', load: async () => (await import('./commands/peers.ts')).peers },
  { name: 'authorize', load: async () => (await import('./commands/authorize.ts')).authorize },
  { name: 'unauthorize', load: async () => (await import('./commands/unauthorize.ts')).unauthorize },
  { name: 'connect', load: async () => (await import('./commands/connect.ts')).connect },
  { name: 'doctor', load: async () => (await import('./commands/doctor.ts')).doctor },
  { name: 'id', load: async () => (await import('./commands/id.ts')).id },
  { name: 'logs', load: async () => (await import('./commands/logs.ts')).logs },
  { name: 'metrics', load: async () => (await import('./commands/metrics.ts')).metrics },
  { name: 'completion', load: async () => (await import('./commands/completion.ts')).completion },
  {
    name: 'config',
    summary: 'Show or change config.json, what every key means, and what counts without it',
    commands: [
      { name: 'list', load: async () => (await import('./commands/config-list.ts')).configList },
      { name: 'get', load: async () => (await import('./commands/config-get.ts')).configGet },
      { name: 'set', load: async () => (await import('./commands/config-set.ts')).configSet },
      { name: 'unset', load: async () => (await import('./commands/config-unset.ts')).configUnset },
      { name: 'edit', load: async () => (await import('./commands/config-edit.ts')).configEdit }
    ]
  },
  {
    name: 'network',
    summary: 'Make, take over or list keys of private networks',
    commands: [
      { name: 'create', load: async () => (await import('./commands/network-create.ts')).networkCreate },
      { name: 'add', load: async () => (await import('./commands/network-add.ts')).networkAdd },
      { name: 'list', load: async () => (await import('./commands/network-list.ts')).networkList }
    ]
  },
  {
    name: 'service',
    summary: 'Start the daemon at login, by the means of the system',
    commands: [
      { name: 'install', load: async () => (await import('./commands/service-install.ts')).serviceInstall },
      {
        name: 'uninstall',
        load: async () => (await import('./commands/service-uninstall.ts')).serviceUninstall
      },
      { name: 'status', load: async () => (await import('./commands/service-status.ts')).serviceStatus }
    ]
  },
  {
    name: 'daemon',
    summary: 'Run, start, stop or inspect the daemon; name those of other machines',
    commands: [
      { name: 'run', load: async () => (await import('./commands/daemon-run.ts')).daemonRun },
      { name: 'start', load: async () => (await import('./commands/daemon-start.ts')).daemonStart },
      { name: 'stop', load: async () => (await import('./commands/daemon-stop.ts')).daemonStop },
      { name: 'status', load: async () => (await import('./commands/daemon-status.ts')).daemonStatus },
      { name: 'add', load: async () => (await import('./commands/daemon-add.ts')).daemonAdd },
      { name: 'list', load: async () => (await import('./commands/daemon-list.ts')).daemonList },
      { name: 'forget', load: async () => (await import('./commands/daemon-forget.ts')).daemonForget },
      { name: 'measure', load: async () => (await import('./commands/daemon-measure.ts')).daemonMeasure }
    ]
  }
]
