import { isShareError } from '@p2pshare/base'
import type { Diagnosis, HealthCheck } from '@p2pshare/control'
import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { doctorText } from '../render/doctor-text.ts'

/** The one finding when there is nobody to ask. */
const NOT_RUNNING: HealthCheck = {
  name: 'daemon',
  level: 'problem',
  text: 'No daemon is running for this home.',
  advice: 'Start it: p2pshare daemon start. Its log is in the home.'
}

/** `p2pshare doctor`. */
export const doctor: Command = {
  name: 'doctor',
  positionals: '',
  count: { min: 0, max: 0 },
  summary: 'Tell whether others find and reach this node, by what, and what to do where they do not',
  example: [
    'p2pshare doctor',
    'reach, addresses, router, relays, DHT, clock, disks; exit code 1 when something is wrong'
  ],
  options: {},
  async run(call) {
    let found: Diagnosis
    try {
      found = await (await openClient(call)).doctor()
    } catch (error) {
      if (!isShareError(error, 'control.daemon-not-running')) throw error
      const checks = [NOT_RUNNING]
      call.terminal.result({ running: false, usable: false, checks }, doctorText({ checks }))
      return EXIT.daemon
    }
    call.terminal.result(found, doctorText(found))
    return found.usable ? EXIT.done : EXIT.failed
  }
}
