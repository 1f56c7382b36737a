import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { TestBed } from '../../test/harness/test-bed.ts'
import { VethHosts } from '../../test/harness/veth-hosts.ts'
import { onHost } from '../../test/harness/namespace-host.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { usageFigures } from '../tool/process-usage.ts'

const CROWD = fileURLToPath(new URL('slow-handshakes-crowd.ts', import.meta.url))

/** Honest dials of a daemon whose port is besieged by handshakes that never end. */
export const benchmark: Benchmark = {
  summary:
    'honest dials in % and their ms while 1,000 idle, dripping, half-open sockets stand at the door, 30 s',
  async run(args) {
    const options = benchOptions(args, { sockets: '1000', seconds: '30', runs: '1' })
    const missing = VethHosts.missing()
    if (missing !== undefined) {
      process.stderr.write(`slow-handshakes: left out, ${missing}\n`)
      return
    }
    const plan = [positiveOption(options.sockets, 'sockets'), positiveOption(options.seconds, 'seconds')]
    await benchRuns('slow-handshakes', positiveOption(options.runs, 'runs'), () => measure(plan))
  }
}

async function measure(plan: readonly number[]): Promise<Record<string, number>> {
  using cable = new VethHosts()
  const [victim, besieger] = cable.hosts
  // The besieger owns 65,536 addresses, and the victim knows the way to them.
  cable.ip(besieger, ['route', 'add', 'local', '10.81.0.0/16', 'dev', 'lo'])
  cable.ip(victim, ['route', 'add', '10.81.0.0/16', 'via', besieger.address])
  await using bed = new TestBed()
  const daemon = await bed.daemon('victim', { host: victim })
  const args = [CROWD, daemon.multiaddrs[0] ?? '', besieger.address, ...plan.map(String)]
  const crowd = spawn(...onHost(besieger, [process.execPath, ...args]), {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  try {
    const [line] = (await once(createInterface({ input: crowd.stdout }), 'line')) as [string]
    const figures = JSON.parse(line) as Record<string, number>
    return { ...figures, ...usageFigures('victim', daemon.pid) }
  } finally {
    crowd.stdin.end()
  }
}
