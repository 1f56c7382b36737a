import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../scripts/root.mjs'
import { runTool } from '../../scripts/tool/run-tool.ts'
import { readText } from './repository.ts'

const IMPURE = {
  'node-module.ts': "import { readFileSync } from 'node:fs'\nexport const a = readFileSync\n",
  'timer.ts': 'setTimeout(() => undefined, 1)\n',
  'console.ts': "console.log('x')\n",
  'clock.ts': 'export const a = performance.now()\n',
  'process.ts': 'export const a = process.pid\n',
  'buffer.ts': "export const a = Buffer.from('x')\n",
  'enum.ts': 'export enum Kind { A }\n'
}

/** Compiles planted files as if they lay in the package's src, beside an import of the real package. */
async function compileWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  mkdirSync(join(repositoryRoot, '.tmp'), { recursive: true })
  const scratch = mkdtempSync(join(repositoryRoot, '.tmp', 'purity-'))
  try {
    const config = JSON.parse(readText(`packages/${name}/tsconfig.json`)) as { compilerOptions?: object }
    mkdirSync(join(scratch, 'src'))
    writeFileSync(
      join(scratch, 'tsconfig.json'),
      JSON.stringify({ ...config, extends: '../../tsconfig.base.json', include: ['src'] })
    )
    // The package's own imports come along, so types that a dependency drags in would be noticed.
    const real = `export * from '../../../packages/${name}/src/index.ts'\n`
    for (const [path, source] of Object.entries({ 'real.ts': real, ...files })) {
      writeFileSync(join(scratch, 'src', path), source)
    }
    return (await runTool('tsc', ['-p', scratch, '--pretty', 'false'])).output
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

describe.each(['base', 'content', 'wire', 'engine'])('packages/%s', (name) => {
  test('does not compile with input, output, time or enums', async () => {
    const output = await compileWith(name, IMPURE)
    const silent = Object.keys(IMPURE).filter((path) => !output.includes(`src/${path}(`))
    expect(silent).toEqual([])
  })

  test('compiles as it is in the same place', async () => {
    expect(await compileWith(name, {})).toBe('')
  })
})
