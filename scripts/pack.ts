/** `npm run pack`: makes what is given to users, in dist/: the npm package, and one executable for this platform. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { makeExecutable } from './pack/executable.ts'
import { makeNpmPackage } from './pack/npm-package.ts'
import { repositoryRoot } from './root.mjs'

const dist = join(repositoryRoot, 'dist')
for (const file of [await makeNpmPackage(dist), await makeExecutable(dist)])
  process.stdout.write(`${file} (${(statSync(file).size / 1e6).toFixed(1)} MB)\n`)
