/** Stands in for `p2pshare daemon run`: takes the home by a lock file, serves a few calls, stops when told. */
import { openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlService } from '@p2pshare/control'
import { resolveHome } from '@p2pshare/control'
import { createControlServer } from '@p2pshare/control/server'

const home = process.argv[process.argv.indexOf('--home') + 1] ?? ''
const lock = join(home, 'lock')

if (process.env['FAKE_DAEMON_FAILS'] !== undefined) fail('p2pshare: key "mdns" is not valid — Correct it.')
try {
  openSync(lock, 'wx')
} catch {
  fail('p2pshare: another daemon already runs on this home')
}

const stop = (): void => {
  rmSync(lock)
  void server.close().then(() => process.exit())
}
const { socketPath } = resolveHome({ home })
const parts: Partial<ControlService> = {
  status: async () => ({
    ...{
      running: true,
      pid: process.pid,
      version: '0.1.0',
      peerId: '12D3',
      addresses: [],
      peers: 0,
      shares: 0
    },
    ...{
      network: process.argv.slice(2).join(' '),
      startedAt: 0,
      rateUp: 0,
      rateDown: 0,
      announcing: [],
      warnings: []
    },
    limits: { up: null, down: null, includeLan: false, why: 'normal' }
  }),
  async *seed({ paths }) {
    const path = paths[0] ?? ''
    yield { event: 'seeded', path, cid: 'c', name: 'x', size: 0, pieces: 0, link: 'l', skipped: [] }
  },
  shutdown: async () => {
    setTimeout(stop, 20)
    return { pid: process.pid }
  }
}
const log = { debug: () => undefined, error: () => undefined }
const server = createControlServer(parts as ControlService, { socketPath, version: '0.1.0', log })
await server.listen()
process.send?.({ event: 'ready', peerId: '12D3', addresses: [], socket: socketPath }, () =>
  process.disconnect?.()
)

function fail(line: string): never {
  process.stderr.write(`${line}\n`)
  process.exit(3)
}
