import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare metrics`. */
export const metrics: Command = {
  name: 'metrics',
  positionals: '',
  count: { min: 0, max: 0 },
  summary: "Print the daemon's metrics as Prometheus reads them",
  example: [
    'p2pshare metrics > /var/lib/node_exporter/p2pshare.prom',
    "for node_exporter's textfile collector"
  ],
  options: {},
  async run(call) {
    const answer = await (await openClient(call)).metrics()
    call.terminal.result(answer, answer.text.trimEnd())
    return EXIT.done
  }
}
