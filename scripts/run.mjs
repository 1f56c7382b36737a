/**
 * Runs a script or a tool of this repository on its pinned Node, after installing the dependencies
 * when that is due. Written for the Node that a machine happens to have (20 and later).
 *
 *   node scripts/run.mjs demo.ts --verbose      scripts/demo.ts
 *   node scripts/run.mjs --bin vitest run       node_modules/.bin/vitest
 */
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { repositoryRoot } from './root.mjs'

const bin = join(repositoryRoot, 'node_modules', '.bin')

/** @param {string} line */
function fail(line) {
  process.stderr.write(`${line}\n`)
  process.exit(2)
}

/**
 * The JavaScript or TypeScript file to run, and its arguments.
 * @param {string[]} argv
 * @returns {string[]}
 */
function program(argv) {
  const [first, ...rest] = argv
  if (first === undefined) fail('usage: node scripts/run.mjs <script> [args…] | --bin <tool> [args…]')
  const path =
    first === '--bin' ? join(bin, String(rest.shift())) : join(repositoryRoot, 'scripts', String(first))
  if (!existsSync(path)) fail(`no such ${first === '--bin' ? 'tool' : 'script'}: ${path}`)
  return [realpathSync(path), ...rest]
}

await ensureInstalled()

// By absolute path: `dash` and npm cache command look-ups, so a name alone could still find the old Node.
const child = spawn(realpathSync(join(bin, 'node')), program(process.argv.slice(2)), {
  cwd: repositoryRoot,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }
})

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the whole group; passing it on would count as a second one.
    if (signal === 'SIGINT' && process.stdin.isTTY) return
    child.kill(signal)
  })
}
child.on('error', (error) => fail(`cannot start the pinned Node: ${error.message}`))
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
