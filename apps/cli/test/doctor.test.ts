import type { Diagnosis } from '@p2pshare/control'
import { expect, test } from 'vitest'
import { diagnose } from '../../daemon/src/doctor/diagnose.ts'
import { healthy } from '../../daemon/test/doctor/facts.ts'
import { testHome } from './run-cli.ts'

const answer = (checks: Diagnosis['checks'], usable: boolean): Diagnosis => ({
  ...{ running: true, usable, version: '0.1.0', peerId: '12D3', network: 'public', checks },
  condition: healthy().condition as Diagnosis['condition']
})

test('a node with which all is well, as people see it', async () => {
  const { run } = await testHome({ doctor: async () => answer(diagnose(healthy()), true) })
  const { code, stdout } = await run(['doctor'])
  expect(code).toBe(0)
  expect(stdout).toMatchInlineSnapshot(`
    "ok  reach         Others can open connections to this node directly.
    ok  address       /ip4/5.5.1.2/tcp/4001 (mapped by the router) works from outside.
    ok  address       /ip4/192.168.1.7/tcp/4001 (listened on).
    ok  nat           The router keeps ports (endpoint-independent NAT): holes can be punched.
    ok  port-mapping  NAT-PMP maps /ip4/5.5.1.2/tcp/4001.
    ok  relaying      This node relays signals (enough to find a direct way): 1 of 64 places taken, 0 connections now, 2.0 KiB carried, 1.0 GiB of the budget left.
    ok  dht           Local DHT: nobody else is known on the local network.
    ok  dht           Public DHT: server, keeps 1200 records; 180 servers known, about 9412 in the whole DHT.
    ok  connections   40 of 200 connections: 12 from outside, 0 over relays, 1 in the making.
    ok  bootstrap     4 of 5 first peers connected.
    ok  clock         The clock agrees with that of peers (0s apart).
    ok  disk          120 GiB free for downloads (/home/ada/Downloads).
    ok  disk          120 GiB free for the daemon's home (/home/ada/.p2pshare).
    ok  limits        Up 1.9 MiB/s, down unlimited; at most 200 connections.
    ok  daemon        Version 0.1.0, network public.

    All is well.
    "
  `)
})

test('problems say what to do, and end with exit code 1', async () => {
  const checks: Diagnosis['checks'] = [
    { name: 'reach', level: 'problem', text: 'Nobody can.', advice: 'Forward\u001b[2J the port.' },
    { name: 'clock', level: 'warning', text: 'It is wrong.' },
    { name: 'disk', level: 'ok', text: 'Space.' }
  ]
  const { run } = await testHome({ doctor: async () => answer(checks, false) })
  const { code, stdout } = await run(['doctor'])
  expect(code).toBe(1)
  expect(stdout).toBe(`PROBLEM  reach  Nobody can.
                → Forward\\u{1B}[2J the port.
warning  clock  It is wrong.
ok       disk   Space.

1 problem, 1 warning.
`)
  const { code: same, json } = await run(['doctor', '--json'])
  expect(same).toBe(1)
  expect(json).toMatchObject({ usable: false, checks, condition: { reach: 'direct' } })
})

test('without a daemon: says so, exit code 3', async () => {
  const { run } = await testHome()
  const { code, stdout } = await run(['doctor'])
  expect(code).toBe(3)
  expect(stdout).toContain('PROBLEM  daemon  No daemon is running for this home.')
  expect((await run(['doctor', '--json'])).json).toMatchObject({ running: false, usable: false })
})
