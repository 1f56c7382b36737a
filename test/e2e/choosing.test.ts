import { readdirSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, seedPath } from '../harness/shares.ts'

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
})
