import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { DAEMON_NODE_FLAGS } from '../../apps/cli/src/daemon/node-flags.ts'
import { repositoryRoot } from '../root.mjs'

/** How the sources read their package, and start the thread for small files. */
const OWN_PACKAGE = /(?:fs\.)?readFileSync\(new URL\('\.\.\/package\.json', import\.meta\.url\), 'utf8'\)/
const WORKER = "new URL('./worker.ts', import.meta.url), { "

/**
 * Makes one file that is Node and p2pshare together (a single executable application of Node): it runs where no Node
 * is, of the platform that this runs on.
 *
 * @param folder - takes the executable and what it is made of
 * @returns the executable
 */
export async function makeExecutable(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const main = join(folder, 'p2pshare.mjs')
  const thread = join(folder, 'worker.cjs')
  const executable = join(folder, `p2pshare-${process.platform}-${process.arch}`)
  await oneFile('packages/storage/src/small/worker.ts', thread, 'cjs')
  await oneFile('apps/cli/bin/p2pshare.js', main, 'esm', selfContained(readFileSync(thread, 'utf8')))
  const plan = {
    main,
    mainFormat: 'module',
    output: executable,
    disableExperimentalSEAWarning: true,
    execArgv: DAEMON_NODE_FLAGS,
    execArgvExtension: 'none'
  }
  const planFile = join(folder, 'executable.json')
  writeFileSync(planFile, JSON.stringify(plan))
  execFileSync(process.execPath, ['--build-sea', planFile], { stdio: 'pipe' })
  chmodSync(executable, 0o755)
  for (const file of [main, thread, planFile]) rmSync(file)
  return executable
}

async function oneFile(
  input: string,
  file: string,
  format: 'cjs' | 'esm',
  transform?: (code: string, id: string) => string | undefined
): Promise<void> {
  const plugins = transform === undefined ? [] : [{ name: 'self-contained', transform }]
  const build = await rolldown({
    cwd: repositoryRoot,
    input: join(repositoryRoot, input),
    platform: 'node',
    plugins
  })
  await build.write({ file, format, codeSplitting: false })
  await build.close()
}

/** Puts what the sources read from files beside them into the code: beside an executable there are none. */
function selfContained(thread: string): (code: string, id: string) => string | undefined {
  const own = readFileSync(join(repositoryRoot, 'apps/cli/package.json'), 'utf8')
  return (code, id) => {
    if (id.includes('node_modules')) return undefined
    if (OWN_PACKAGE.test(code)) return code.replace(OWN_PACKAGE, () => JSON.stringify(own))
    if (code.includes('new Worker(') && !code.includes(WORKER))
      throw new Error(`${id} starts its thread in another way than the executable knows`)
    return code.replace(WORKER, () => `${JSON.stringify(thread)}, { eval: true, `)
  }
}
