import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { compareTrees } from './compare-trees.ts'
import { test } from './fixture.ts'
import { isolatedEnvironment } from './isolation.ts'
import { writeRandomFile } from './random-file.ts'

describe('seeded files', () => {
  test('are equal for equal seeds and differ for others', async ({ bed }) => {
    await writeRandomFile(bed.path('a'), 5_000_001, 7)
    await writeRandomFile(bed.path('b'), 5_000_001, 7)
    await writeRandomFile(bed.path('c'), 5_000_001, 8)
    expect(readFileSync(bed.path('a')).byteLength).toBe(5_000_001)
    expect(await compareTrees(bed.path('a'), bed.path('b'))).toEqual([])
    expect(await compareTrees(bed.path('a'), bed.path('c'))).toEqual(['.: different bytes'])
  })
})

describe('compareTrees', () => {
  test('names every difference below two folders', async ({ bed }) => {
    for (const side of ['l', 'r']) {
      mkdirSync(bed.path(side, 'deep', 'er'), { recursive: true })
      writeFileSync(bed.path(side, 'deep', 'same'), 'same')
      writeFileSync(bed.path(side, 'deep', 'size'), side === 'l' ? 'a' : 'ab')
      writeFileSync(bed.path(side, `only-${side}`), '')
    }
    expect(await compareTrees(bed.path('l'), bed.path('r'))).toEqual([
      'deep/size: 1 and 2 bytes',
      'only-l: only in the first',
      'only-r: only in the second'
    ])
  })
})

describe('isolatedEnvironment', () => {
  test('keeps out settings of the developer and cannot be overruled', () => {
    process.env['P2PSHARE_DOWNLOADS'] = '/somewhere'
    const env = isolatedEnvironment({
      home: '/h',
      env: { P2PSHARE_NETWORK: 'public', P2PSHARE_DOWNLOADS: '/d' }
    })
    delete process.env['P2PSHARE_DOWNLOADS']
    expect(env).toMatchObject({ P2PSHARE_NETWORK: 'local', P2PSHARE_MDNS: 'false', P2PSHARE_DOWNLOADS: '/d' })
    expect(isolatedEnvironment({ home: '/h' })).not.toHaveProperty('P2PSHARE_DOWNLOADS')
  })
})
