import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { type CommandResult, startCommand } from '../harness/command.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { isolatedEnvironment } from '../harness/isolation.ts'
import type { TestBed } from '../harness/test-bed.ts'

/** Another machine: a home without a daemon, whose commands go to one elsewhere. */
function laptop(bed: TestBed): { run: (...line: string[]) => Promise<CommandResult>; home: string } {
  const home = bed.folder('homes', 'laptop')
  // What is set for this machine's own downloads does not count elsewhere.
  const env = isolatedEnvironment({ home, env: { P2PSHARE_OUTPUT: '/nowhere/at/all' } })
  return { home, run: (...line) => startCommand([...line, '--json'], { env, cwd: home }).ended }
}

const errorOf = ({ stderr }: CommandResult): string =>
  (JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { error: { code: string } }).error.code

const logged = (daemon: DaemonProcess, text: string): number =>
  readFileSync(join(daemon.options.home, 'daemon.log'), 'utf8').split(text).length - 1

describe('a daemon on another machine', () => {
  test('takes commands of whom it was told to, as far as it was told', async ({ bed }) => {
    const downloads = bed.folder('nas-downloads')
    writeFileSync(join(downloads, 'film.bin'), 'x'.repeat(3_000_000))
    writeFileSync(bed.path('diary.txt'), 'nobody else is to read this')
    symlinkSync(bed.path('diary.txt'), join(downloads, 'link'))
    const nas = await bed.daemon('nas', { env: { P2PSHARE_DOWNLOADS: downloads } })
    const { run, home } = laptop(bed)
    const [address = ''] = nas.multiaddrs
    await run('daemon', 'add', 'nas', address)
    const remote = (...line: string[]): Promise<CommandResult> => run(...line, '--daemon', 'nas')

    const stranger = await remote('list')
    expect([stranger.code, errorOf(stranger)]).toEqual([1, 'control.not-authorised'])
    const peerId = String((await run('id', '--client')).json()['peerId'])
    expect(stranger.stderr).toContain(`p2pshare authorize ${peerId} --role read`)
    expect(logged(nas, 'not authorised called')).toBe(1)

    await nas.run(['authorize', peerId, '--role', 'read', '--name', 'laptop'])
    expect((await remote('status')).json()).toMatchObject({ pid: nas.pid, peerId: nas.ready.peerId })
    expect(errorOf(await remote('seed', 'film.bin'))).toBe('control.read-only')

    await nas.run(['authorize', peerId, '--role', 'control'])
    const seeded = await remote('seed', 'film.bin')
    expect(seeded.json()).toMatchObject({ name: 'film.bin', path: join(downloads, 'film.bin') })
    const cid = String(seeded.json()['cid'])
    expect((await remote('fetch', cid)).json()).toMatchObject({ path: join(downloads, 'film.bin') })
    const [diary, link] = await Promise.all([
      remote('seed', bed.path('diary.txt')),
      remote('fetch', cid, '-o', join(home, 'stolen'))
    ])
    expect([errorOf(diary), errorOf(link)]).toEqual(Array(2).fill('daemon.outside-remote-folders'))
    expect(errorOf(await remote('seed', 'link'))).toBe('daemon.outside-remote-folders')

    const env = isolatedEnvironment({ home })
    const top = startCommand(['top', '--json', '--daemon', address], { env, cwd: home })
    await new Promise((resolve) => top.child.stdout?.once('data', resolve))
    await nas.run(['unauthorize', 'laptop'])
    expect((await top.ended).code).not.toBe(0)
    expect(errorOf(await remote('list'))).toBe('control.not-authorised')
    expect((await nas.run(['authorize', '--list'])).json()).toEqual({ authorised: [] })
  })
})
