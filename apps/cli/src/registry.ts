import { connect } from './commands/connect.ts'
import { daemonMeasure } from './commands/daemon-measure.ts'
import { daemonRun } from './commands/daemon-run.ts'
import { daemonStart } from './commands/daemon-start.ts'
import { daemonStatus } from './commands/daemon-status.ts'
import { daemonStop } from './commands/daemon-stop.ts'
import { fetch } from './commands/fetch.ts'
import { id } from './commands/id.ts'
import { limit } from './commands/limit.ts'
import { list } from './commands/list.ts'
import { pause } from './commands/pause.ts'
import { peers } from './commands/peers.ts'
import { remove } from './commands/remove.ts'
import { resume } from './commands/resume.ts'
import { seed } from './commands/seed.ts'
import { status } from './commands/status.ts'
import { verify } from './commands/verify.ts'
import type { CommandTree } from './parser.ts'

/** Every command, in the order that help shows. */
export const COMMANDS: CommandTree = [
  seed,
  fetch,
  list,
  status,
  remove,
  pause,
  resume,
  verify,
  limit,
  peers,
  connect,
  id,
  {
    name: 'daemon',
    summary: 'Run, start, stop or inspect the daemon',
    commands: [daemonRun, daemonStart, daemonStop, daemonStatus, daemonMeasure]
  }
]
