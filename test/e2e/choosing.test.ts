import { execFileSync } from 'node:child_process'
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, seedPath, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024

describe('choosing in a share', () => {
  test('ls lists what is not here, and leaves nothing behind', async ({ bed }) => {
    const source = bed.folder('album')
    await writeRandomFile(`${source}/one/big.bin`, 3 * MIB, 1)
    await writeRandomFile(`${source}/one/small.bin`, 10, 2)
    await writeRandomFile(`${source}/two.bin`, MIB, 3)
    const seeder = await bed.daemon('seeder')
    const other = await bed.daemon('other', { bootstrap: [seeder] })
    const { cid } = await seedPath(seeder, source)
    const listed = await other.run(['ls', cid, '--timeout', '30s'])
    expect(listed.code, listed.stderr).toBe(0)
    const entries = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(entries).toEqual([
      { kind: 'folder', path: 'one', size: 3 * MIB + 10 },
      { kind: 'file', number: 1, path: 'one/big.bin', size: 3 * MIB },
      { kind: 'file', number: 2, path: 'one/small.bin', size: 10 },
      { kind: 'file', number: 3, path: 'two.bin', size: MIB }
    ])
    expect((await clientOf(seeder).shareStatus({ ref: cid })).uploaded).toBe(0)
    expect((await other.run(['list'])).json()).toEqual({ shares: [] })
    // What is here is listed at once, by whoever has it; a misspelt path is told.
    expect((await seeder.run(['ls', `${cid}/one/small.bin`])).json()).toMatchObject({ number: 2, size: 10 })
    const miss = await other.run(['ls', `${cid}/one/smal.bin`, '--timeout', '30s'])
    expect([miss.code, miss.stderr]).toEqual([1, expect.stringContaining('did you mean')])
    expect(readdirSync(bed.folder('nothing'))).toEqual([])
  })

  test('fetch takes only what is chosen, select changes it, over restarts; and what a copy lacks', async ({
    bed
  }) => {
    const source = bed.folder('album')
    await writeRandomFile(`${source}/photos/beach.jpg`, 2 * MIB, 1)
    await writeRandomFile(`${source}/photos/raw.bin`, 3 * MIB, 2)
    await writeRandomFile(`${source}/film.mp4`, 4 * MIB, 3)
    const seeder = await bed.daemon('seeder')
    const other = await bed.daemon('other', { bootstrap: [seeder] })
    const { cid } = await seedPath(seeder, source)
    const target = bed.path('fetched')
    const fetch = (...more: string[]): ReturnType<typeof other.run> =>
      other.run(['fetch', ...more, '-o', target, '--timeout', '30s'])

    const misspelt = await fetch(`${cid}/photo`)
    expect([misspelt.code, misspelt.stderr]).toEqual([
      1,
      expect.stringContaining('did you mean \\"photos\\"?')
    ])
    expect((await fetch(cid, '--only', '3-1')).code).toBe(2)
    expect((await fetch(cid, '--select', '{a,b}'.repeat(20))).code).toBe(2)
    const fetched = await fetch(cid, '--select', '*.jpg', '--sequential')
    expect(fetched.code, fetched.stderr).toBe(0)
    expect(fetched.json()).toMatchObject({ cid, path: target, size: 2 * MIB, partial: true })
    expect(new Set(readdirSync(target, { recursive: true, encoding: 'utf8' }))).toEqual(
      new Set(['photos', 'photos/beach.jpg'])
    )
    const isRight = (file: string): boolean =>
      readFileSync(`${target}/${file}`).equals(readFileSync(`${source}/${file}`))
    expect(isRight('photos/beach.jpg')).toBe(true)
    expect(readdirSync(dirname(target)).filter((name) => name.endsWith('part'))).toEqual([])
    const listed = async (): Promise<unknown[]> =>
      (await other.run(['ls', cid])).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    expect(await listed()).toMatchObject([
      { path: 'film.mp4', done: 0, priority: 'skip' },
      { path: 'photos', done: 2 * MIB },
      { path: 'photos/beach.jpg', done: 2 * MIB, priority: 'normal' },
      { path: 'photos/raw.bin', done: 0, priority: 'skip' }
    ])

    expect(await other.end('SIGTERM')).toBe(0)
    await other.start()
    expect((await other.run(['select', cid])).json()).toMatchObject({
      order: 'sequential',
      files: 3,
      wantedFiles: 1,
      wantedSize: 2 * MIB
    })
    expect((await other.run(['status', cid])).json()).toMatchObject({ order: 'sequential' })
    const more = await other.run(['select', cid, '*.mp4', '--only', '2', '--rarest'])
    expect(more.code, more.stderr).toBe(0)
    expect(more.json()).toMatchObject({ wantedFiles: 2, order: 'rarest' })
    expect((await other.run(['select', cid, 'nothing-like-it'])).code).toBe(1)
    await other.run(['pause', cid])
    expect((await other.run(['select', cid, '--all', '--high', '*.bin'])).json()).toMatchObject({
      wantedFiles: 3
    })
    expect((await other.run(['select', `${cid}/film.mp4`, '--priority', 'low'])).code).toBe(0)
    expect((await listed()).map((entry) => (entry as { priority?: string }).priority)).toEqual([
      ...['low', undefined, 'normal', 'high']
    ])
    expect(isRight('photos/beach.jpg')).toBe(true)
    const all = await fetch(cid, '--low', '*.mp4')
    expect(all.code, all.stderr).toBe(0)
    expect(await compareTrees(source, target)).toEqual([])

    // Another copy of it, not all right: adopted, once it is said that what differs may be lost.
    expect((await other.run(['remove', cid])).code).toBe(0)
    truncateSync(`${target}/photos/raw.bin`, 2 * MIB + 5)
    rmSync(`${target}/photos/beach.jpg`)
    writeFileSync(`${target}/mine.txt`, 'mine')
    const taken = await fetch(cid)
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('--adopt')])
    const adopted = await fetch(cid, '--adopt')
    expect(adopted.code, adopted.stderr).toBe(0)
    expect(adopted.json()).toMatchObject({ path: target, size: 9 * MIB, adopted: 6 * MIB })
    expect((await clientOf(other).shareStatus({ ref: cid })).downloaded).toBe(3 * MIB)
    expect(readFileSync(`${target}/mine.txt`, 'utf8')).toBe('mine')
    rmSync(`${target}/mine.txt`)
    expect(await compareTrees(source, target)).toEqual([])

    expect((await other.run(['remove', cid])).code).toBe(0)
    const edited = openSync(`${target}/film.mp4`, 'r+')
    writeSync(edited, 'edited', 10)
    closeSync(edited)
    const refused = await fetch(cid, '--adopt')
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('storage.adopt-differs')])
    expect(readFileSync(`${target}/film.mp4`).subarray(10, 16).toString()).toBe('edited')
    const repaired = await fetch(cid, '--adopt', '--force')
    expect(repaired.json()).toMatchObject({ adopted: 8 * MIB })
    expect(await compareTrees(source, target)).toEqual([])
  })

  test('cat streams one file of it into a pipe and leaves nothing behind', async ({ bed }) => {
    const source = bed.folder('album')
    await writeRandomFile(`${source}/photos/beach.jpg`, 3 * MIB + 5, 1)
    await writeRandomFile(`${source}/film.mp4`, 40 * MIB, 2)
    execFileSync('tar', ['cf', 'photos.tar', 'photos'], { cwd: source })
    const seeder = await bed.daemon('seeder')
    const other = await bed.daemon('other', { bootstrap: [seeder] })
    const { cid } = await seedPath(seeder, source)
    const piped = await other.shell(
      [
        `p2pshare cat ${cid}/photos.tar | tar t; echo "codes \${PIPESTATUS[*]}"`,
        // Enough for the reader, who leaves: no error, and the rest is not fetched.
        `p2pshare cat ${cid} film.mp4 | head -c 1000 | cksum; echo "codes \${PIPESTATUS[*]}"`,
        `p2pshare cat ${cid}/film.mp4 --range 1048570-2097160 | cksum`,
        `p2pshare cat ${cid}/photos; echo "code $?"`,
        `p2pshare cat ${cid}/film.mp4 --range ${40 * MIB}-; echo "code $?"`
      ].join('\n')
    )
    const film = readFileSync(`${source}/film.mp4`)
    const [names, sums] = [
      piped.stdout.split('\n'),
      (part: Buffer) => execFileSync('cksum', { input: part }).toString().trim()
    ]
    expect(names, piped.stderr).toEqual([
      ...['photos/', 'photos/beach.jpg', 'codes 0 0'],
      ...[sums(film.subarray(0, 1000)), 'codes 0 0 0'],
      sums(film.subarray(1048570, 2097161)),
      ...['code 2', 'code 1', '']
    ])
    expect(piped.stderr.split('\n').filter((line) => line.startsWith('p2pshare:'))).toEqual([
      expect.stringMatching(/"photos" is a folder with 1 file, such as "photos\/beach.jpg" — .*p2pshare ls/),
      expect.stringContaining(`the file has ${40 * MIB} bytes`)
    ])
    expect((await other.run(['list'])).json()).toEqual({ shares: [] })
    expect(readdirSync(`${other.options.home}/reading`)).toEqual([])
    // What came counts all the same.
    const { text } = await clientOf(other).metrics()
    expect(Number(/^p2pshare_received_bytes_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(4 * MIB)
    expect((await clientOf(seeder).shareStatus({ ref: cid })).uploaded).toBeLessThan(44 * MIB)

    // A daemon that dies in the middle is an error, whatever came before; what was left goes at the next start.
    const slow = other.begin(['cat', `${cid}/film.mp4`])
    slow.child.stdout?.pause()
    await shareWhen(other, cid, ({ done }) => done > MIB, 'a part is here')
    await other.end('SIGKILL')
    slow.child.stdout?.resume()
    const cut = await slow.ended
    expect([cut.code, cut.stderr]).toEqual([3, expect.stringContaining('lost the connection to the daemon')])
    expect(readdirSync(`${other.options.home}/reading`)).not.toEqual([])
    await other.start()
    await eventually(
      async () => readdirSync(`${other.options.home}/reading`).length === 0 || undefined,
      'it is gone'
    )
    const kept = await other.shell(`p2pshare cat ${cid}/photos/beach.jpg --keep | cksum`)
    expect(kept.stdout.trim(), kept.stderr).toBe(sums(readFileSync(`${source}/photos/beach.jpg`)))
    expect((await other.run(['select', cid])).json()).toMatchObject({ order: 'sequential', wantedFiles: 1 })
  })
})
