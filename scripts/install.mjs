import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withInstallLock } from './install-lock.mjs'
import { repositoryRoot } from './root.mjs'

const modules = join(repositoryRoot, 'node_modules')
const stamp = join(modules, '.p2pshare-lock-sha256')

/** @returns {string} */
function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(repositoryRoot, 'package-lock.json')))
    .digest('hex')
}

/** @param {string} path @returns {string} empty when there is no such file */
function readOrEmpty(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/**
 * Whether node_modules holds what the lock file says, judged by the list that npm writes at the end of
 * an install. Lets a checkout that was installed by hand go on without a second install.
 *
 * @returns {boolean}
 */
function installedAsLocked() {
  const installed = readOrEmpty(join(modules, '.package-lock.json'))
  if (installed === '') return false
  const have = JSON.parse(installed).packages
  const want = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')).packages
  return Object.entries(want).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true
    if (have[path] === undefined) return entry.optional === true || entry.devOptional === true
    return have[path].version === entry.version
  })
}

/** @returns {boolean} */
function upToDate() {
  if (!existsSync(join(modules, '.bin', 'node'))) return false
  if (readOrEmpty(stamp).trim() === lockHash()) return true
  if (!installedAsLocked()) return false
  writeFileSync(stamp, `${lockHash()}\n`)
  return true
}

/** Runs `npm ci`, its output on stderr. @returns {Promise<number>} its exit code */
function npmCi() {
  const npm = process.env['npm_execpath']
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const [command, rest] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args]
  return new Promise((resolve) => {
    const child = spawn(command, rest, { cwd: repositoryRoot, stdio: ['ignore', 2, 2] })
    child.on('error', () => resolve(127))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/**
 * Installs the locked dependencies when node_modules is missing or belongs to another lock file;
 * otherwise costs one hash. Two at once: the second waits for the first and finds nothing to do.
 * Ends the process with 1 when npm fails.
 *
 * @returns {Promise<void>}
 */
export async function ensureInstalled() {
  if (upToDate()) return
  await withInstallLock(async () => {
    if (upToDate()) return
    const started = Date.now()
    process.stderr.write('installing dependencies with npm ci (first run or changed lock file) …\n')
    const code = await npmCi()
    if (code !== 0) {
      process.stderr.write(`npm ci failed (exit code ${code}); see above, then try again\n`)
      process.exitCode = 1
      return
    }
    writeFileSync(stamp, `${lockHash()}\n`)
    process.stderr.write(`dependencies installed in ${((Date.now() - started) / 1000).toFixed(0)} s\n`)
  })
  if (process.exitCode === 1) process.exit(1)
}
