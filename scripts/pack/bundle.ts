import { join } from 'node:path'
import { type OutputChunk, rolldown } from 'rolldown'
import { repositoryRoot } from '../root.mjs'

/** What {@link bundle} made. */
export interface Bundle {
  /** Files below the target folder. */
  files: string[]
  /** Folders of the packages from elsewhere whose code is in them. */
  foreign: string[]
}

/** Where the thread for small files lies beside the other chunks. */
const WORKER = 'worker'
/** How the sources name it. */
const SOURCE = "'./worker.ts'"

/**
 * Puts the command, the daemon and all they use into plain JavaScript: `bin/p2pshare.js`, which loads what a command
 * needs from `lib/`, as the sources do.
 */
export async function bundle(target: string): Promise<Bundle> {
  const build = await rolldown({
    cwd: repositoryRoot,
    input: {
      p2pshare: join(repositoryRoot, 'apps/cli/bin/p2pshare.js'),
      [WORKER]: join(repositoryRoot, 'packages/storage/src/small/worker.ts')
    },
    platform: 'node',
    plugins: [
      {
        name: 'worker-path',
        transform(code, id) {
          if (!id.endsWith('small-files.ts')) return undefined
          if (!code.includes(SOURCE))
            throw new Error(`${id} starts its thread in another way than the bundle knows`)
          return code.replace(SOURCE, `'./${WORKER}.js'`)
        }
      }
    ]
  })
  const { output } = await build.write({
    dir: target,
    format: 'esm',
    entryFileNames: ({ name }) => (name === WORKER ? 'lib/[name].js' : 'bin/[name].js'),
    chunkFileNames: 'lib/[name]-[hash].js'
  })
  await build.close()
  const chunks = output.filter((part): part is OutputChunk => part.type === 'chunk')
  const modules = chunks.flatMap((chunk) => Object.keys(chunk.modules))
  return {
    files: chunks.map(({ fileName }) => fileName),
    foreign: [...new Set(modules.flatMap(foreignFolder))].sort()
  }
}

/** The folder of the package in node_modules that a module is of. */
function foreignFolder(module: string): string[] {
  const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module.replaceAll('\\', '/'))?.[0]
  return folder === undefined ? [] : [folder]
}
