import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import type { Invocation } from '../command.ts'
import { launchdPlan } from './launchd.ts'
import type { ServicePlan, ServiceWish, Step } from './plan.ts'
import { systemdPlan } from './systemd.ts'
import { windowsTaskPlan } from './windows-task.ts'

/** Time for one command of the service manager, ms. */
const STEP_LIMIT = 30_000

/** The service of this home on this platform. @throws ShareError `cli.no-service-manager` */
export function servicePlan(call: Invocation, platform: NodeJS.Platform = process.platform): ServicePlan {
  const { env } = call.around
  const self = [process.execPath, ...call.around.self]
  const home = call.homeGiven === undefined ? [] : ['--home', call.homeGiven]
  const wish: ServiceWish = {
    command: [...self, 'daemon', 'run', ...home],
    self,
    suffix: call.homeGiven === undefined ? '' : `-${shortHash(call.home.home)}`,
    logFile: join(dirname(call.home.logFile), 'daemon.out'),
    userFolder: env['HOME'] || homedir(),
    userId: process.getuid?.() ?? 0
  }
  if (platform === 'darwin') return launchdPlan(wish)
  if (platform === 'win32') return windowsTaskPlan(wish, call.home.home)
  if (platform === 'linux')
    return systemdPlan(
      wish,
      env['XDG_CONFIG_HOME'] || join(wish.userFolder, '.config'),
      env['XDG_DATA_HOME'] || join(wish.userFolder, '.local', 'share')
    )
  throw new ShareError({
    code: 'cli.no-service-manager',
    fault: 'user',
    message: `p2pshare does not know how services are installed on ${platform}`,
    hint: 'Start `p2pshare daemon run` by the means of your system.'
  })
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** Writes the files and starts the service. @throws ShareError `cli.service-failed` */
export function install(plan: ServicePlan): void {
  for (const folder of plan.folders) mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const { path, text } of plan.files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode: 0o644 })
  }
  plan.install.forEach(run)
}

/** Stops the service and takes its files away. @returns whether there was one */
export function uninstall(plan: ServicePlan): boolean {
  const was = isInstalled(plan)
  plan.uninstall.forEach(run)
  for (const { path } of plan.files) rmSync(path, { force: true })
  return was
}

/** Whether the service's own file is there. */
export function isInstalled(plan: ServicePlan): boolean {
  return existsSync(plan.files[0]?.path ?? '')
}

/** Whether the service manager says that it runs. */
export function isRunning({ isRunning: [program, ...args] }: ServicePlan): boolean {
  return spawnSync(program, args, { stdio: 'ignore', timeout: STEP_LIMIT }).status === 0
}

function run({ command: [program, ...args], optional }: Step): void {
  const { status, error, stderr } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: STEP_LIMIT
  })
  if (optional || status === 0) return
  const said = error?.message ?? stderr.trim().split('\n').at(-1) ?? ''
  throw new ShareError({
    code: 'cli.service-failed',
    fault: 'daemon',
    message: `${program} ${args[0] ?? ''} failed: ${printable(said === '' ? `exit code ${status ?? 'none'}` : said, 200)}`,
    hint: 'Nothing runs yet; the files were written. `p2pshare service uninstall` takes them away again.'
  })
}
