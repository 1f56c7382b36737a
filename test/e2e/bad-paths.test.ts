import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { mountRamDisk, noRamDisk } from '../harness/ram-disk.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { fetchTo, seedPath } from '../harness/shares.ts'

const isRoot = process.getuid?.() === 0

describe('seed refuses', () => {
  test('what is not there, is no file, or is the daemon itself, with one line and code 1', async ({
    bed
  }) => {
    const daemon = await bed.daemon('daemon')
    const fifo = bed.path('pipe')
    execFileSync('mkfifo', [fifo])
    const cases: [path: string, words: RegExp][] = [
      [bed.path('nowhere'), /there is no .*nowhere/],
      [fifo, /fifo|pipe|neither/i],
      [daemon.options.home, /home|own/i]
    ]
    for (const [path, words] of cases) {
      const seeded = await daemon.begin(['seed', path]).ended
      expect(seeded, seeded.stderr).toMatchObject({ code: 1, stdout: '' })
      expect(seeded.stderr).toMatch(words)
      expect(seeded.stderr).not.toMatch(/^ +at /m)
    }
    expect((await daemon.run(['list'])).json()).toEqual({ shares: [] })
  })

  test('one path of several, and shares the others', async ({ bed }) => {
    const daemon = await bed.daemon('daemon')
    writeFileSync(bed.path('good'), 'good')
    const seeded = await daemon.run(['seed', bed.path('bad'), bed.path('good')])
    expect(seeded.code).toBe(1)
    expect(seeded.lines()).toMatchObject([{ name: 'good', size: 4 }])
  })

  test.skipIf(isRoot)('what it may not read (root may read everything)', async ({ bed }) => {
    const daemon = await bed.daemon('daemon')
    writeFileSync(bed.path('secret'), 'secret')
    chmodSync(bed.path('secret'), 0)
    const seeded = await daemon.run(['seed', bed.path('secret')])
    expect(seeded).toMatchObject({ code: 1, stderr: expect.stringMatching(/read|permi/i) })
  })
})

describe('seed of a folder', () => {
  test('skips and lists what is no file', async ({ bed }) => {
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const source = bed.folder('source')
    const at = (name: string): string => bed.path('source', name)
    writeFileSync(at('file'), 'kept')
    writeFileSync(bed.path('outside'), 'secret')
    execFileSync('mkfifo', [at('fifo')])
    symlinkSync(bed.path('outside'), at('out'))
    symlinkSync('..', at('up'))
    symlinkSync('loop', at('loop'))
    const skipped: Record<string, string> = {
      fifo: 'fifo',
      socket: 'socket',
      out: 'symlink',
      up: 'symlink',
      loop: 'symlink'
    }
    if (isRoot) {
      execFileSync('mknod', [at('device'), 'c', '1', '5'])
      skipped['device'] = 'device'
    }
    const server = createServer().listen(at('socket'))
    await once(server, 'listening')
    try {
      const seeded = await seedPath(seeder, source)
      expect(Object.fromEntries(seeded.skipped.map(({ path, reason }) => [path, reason]))).toEqual(skipped)
      const plain = await seeder.begin(['seed', source]).ended
      for (const name of Object.keys(skipped)) expect(plain.stderr).toContain(`skipped ${name}`)
      await fetchTo(fetcher, seeded.cid, bed.path('fetched'))
      mkdirSync(bed.path('expected'))
      writeFileSync(bed.path('expected', 'file'), 'kept')
      expect(await compareTrees(bed.path('expected'), bed.path('fetched'))).toEqual([])
    } finally {
      server.close()
    }
  })
})

describe('a target that', () => {
  test('exists stays as it is, unless --force says otherwise', async ({ bed }) => {
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    await writeRandomFile(bed.path('source.bin'), 3_000_000, 1)
    const { cid } = await seedPath(seeder, bed.path('source.bin'))
    const target = bed.path('mine.txt')
    writeFileSync(target, 'mine')
    const refused = await fetcher.run(['fetch', cid, '-o', target, '--timeout', '20s'])
    expect(refused, refused.stderr).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/exists|--force/)
    })
    expect(readFileSync(target, 'utf8')).toBe('mine')
    expect((await fetcher.run(['list'])).json()).toEqual({ shares: [] })
    const forced = await fetcher.run(['fetch', cid, '-o', target, '--force', '--timeout', '20s'])
    expect(forced.code, forced.stderr).toBe(0)
    expect(await compareTrees(bed.path('source.bin'), target)).toEqual([])
  })

  test('has no folder is refused before anyone is asked', async ({ bed }) => {
    const fetcher = await bed.daemon('fetcher')
    const cid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
    const fetched = await fetcher.run(['fetch', cid, '-o', bed.path('no', 'such', 'folder', 'x')])
    expect(fetched, fetched.stderr).toMatchObject({ code: 1, stderr: expect.stringMatching(/folder/i) })
  })

  test.skipIf(isRoot && noRamDisk !== undefined)(
    'lies in a folder that is not writable ends with 6',
    async ({ bed }) => {
      const fetcher = await bed.daemon('fetcher')
      const folder = bed.folder('closed')
      using disk = isRoot ? mountRamDisk(folder, 1024 * 1024) : undefined
      if (disk === undefined) chmodSync(folder, 0o500)
      else disk.setWritable(false)
      const cid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
      const fetched = await fetcher.run(['fetch', cid, '-o', bed.path('closed', 'x')])
      expect(fetched, fetched.stderr).toMatchObject({ code: 6, stderr: expect.stringMatching(/writ/i) })
    }
  )
})
