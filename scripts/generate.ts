/**
 * Makes packages/wire/src/generated from packages/wire/proto with buf and protoc-gen-es.
 *
 *   npm run generate              writes the files and their fingerprint
 *   npm run generate -- --check   makes them anew in a scratch folder and compares
 *
 * Only this script needs buf, which npm fetches for it; `npm test` compares fingerprints instead.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { assertNodeVersion } from './node-version.mjs'
import { repositoryRoot } from './root.mjs'
import { currentFingerprint, differences, withCopyOfWire, writeFingerprint } from './tool/generated-code.ts'

/** The newest buf whose platform packages are all published. */
const BUF = '@bufbuild/buf@1.74.0'

function runBuf(cwd: string): Promise<number> {
  const args = ['exec', '--yes', `--package=${BUF}`, '--ignore-scripts', '--', 'buf', 'generate']
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, { cwd, stdio: 'inherit' })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

async function generate(): Promise<number> {
  const code = await runBuf(join(repositoryRoot, 'packages', 'wire'))
  if (code === 0) writeFingerprint()
  return code
}

async function check(): Promise<number> {
  return await withCopyOfWire(async (copy) => {
    const before = currentFingerprint()
    const code = await runBuf(copy)
    if (code !== 0) return code
    const changed = differences(before, currentFingerprint(copy))
    if (changed.length > 0) process.stderr.write(`generated anew, these differ: ${changed.join(', ')}\n`)
    return changed.length > 0 ? 1 : 0
  })
}

assertNodeVersion()
process.exitCode = await (process.argv.includes('--check') ? check() : generate())
