import { spawnSync } from 'node:child_process'
import { chmod, lstat, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createControlClient } from '../src/client/index.ts'
import { createControlServer } from '../src/server/index.ts'
import { fakeService } from './fake-service.ts'
import { serve, temporaryFolder } from './serve.ts'

const log = { debug: () => undefined, error: () => undefined }
const make = (socketPath: string) => createControlServer(fakeService(), { socketPath, version: '0.1.0', log })

test.skipIf(process.platform === 'win32')(
  'the socket is 0600 in a folder of 0700, and gone after close',
  async () => {
    const folder = join(await temporaryFolder(), 'run')
    await mkdir(folder)
    await chmod(folder, 0o755)
    const server = make(join(folder, 'c.sock'))
    const umask = process.umask()
    await server.listen()
    expect(process.umask()).toBe(umask)
    expect((await lstat(folder)).mode & 0o777).toBe(0o700)
    expect((await lstat(join(folder, 'c.sock'))).mode & 0o777).toBe(0o600)
    await server.close()
    await expect(lstat(join(folder, 'c.sock'))).rejects.toThrow('ENOENT')
  }
)

test('a path over 100 bytes is refused with a way out', async () => {
  const path = join(await temporaryFolder(), 'ä'.repeat(50), 'c.sock')
  await expect(make(path).listen()).rejects.toMatchObject({
    code: 'control.socket-path-too-long',
    hint: expect.stringContaining('--home')
  })
})

test('the client says the same of such a path', async () => {
  const socketPath = join(await temporaryFolder(), 'x'.repeat(100), 'c.sock')
  await expect(createControlClient({ socketPath }).id()).rejects.toMatchObject({
    code: 'control.socket-path-too-long'
  })
})

test('a leftover socket of a killed daemon is replaced', async () => {
  const path = join(await temporaryFolder(), 'c.sock')
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  expect((await lstat(path)).isSocket()).toBe(true)
  await expect(createControlClient({ socketPath: path }).id()).rejects.toMatchObject({
    code: 'control.daemon-not-running'
  })
  const server = make(path)
  await server.listen()
  expect((await createControlClient({ socketPath: path }).id()).peerId).toBe('12D3')
  await server.close()
})

test('a socket that somebody answers on is left alone', async () => {
  const { socketPath } = await serve(fakeService())
  await expect(make(socketPath).listen()).rejects.toMatchObject({ code: 'control.socket-in-use' })
  expect((await createControlClient({ socketPath }).id()).peerId).toBe('12D3')
})

test('what is no socket is left alone', async () => {
  const path = join(await temporaryFolder(), 'c.sock')
  await writeFile(path, 'precious')
  await expect(make(path).listen()).rejects.toMatchObject({ code: 'control.listen-failed' })
  expect((await lstat(path)).size).toBe(8)
})
