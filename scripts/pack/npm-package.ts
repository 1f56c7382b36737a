import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../root.mjs'
import { bundle } from './bundle.ts'
import { notices } from './notices.ts'

const MAN_PAGE = 'apps/cli/man/p2pshare.1'

/**
 * Makes the package `p2pshare` that npm installs without any other one.
 * @param folder - takes the package's files and the tarball; emptied before
 * @returns the tarball
 */
export async function makeNpmPackage(folder: string): Promise<string> {
  const content = join(folder, 'package')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(content, { recursive: true })
  const { foreign } = await bundle(content)
  writeFileSync(join(content, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
  writeFileSync(join(content, 'THIRD-PARTY.txt'), notices(foreign))
  for (const file of readdirSync(repositoryRoot).filter((name) => /^(README|LICENSE|CHANGELOG)/.test(name)))
    copyFileSync(join(repositoryRoot, file), join(content, file))
  mkdirSync(join(content, 'man'))
  copyFileSync(join(repositoryRoot, MAN_PAGE), join(content, 'man', 'p2pshare.1'))
  const name = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: content,
    encoding: 'utf8'
  })
  return join(folder, name.trim())
}

/** What the registry and npm read; the bundle needs no other package. */
function manifest(): object {
  const { name, version, license, type, bin, engines } = JSON.parse(
    readFileSync(join(repositoryRoot, 'apps/cli/package.json'), 'utf8')
  ) as Record<string, unknown>
  const description =
    'Peer-to-peer file sharing: seed a file, get a hash; fetch the hash on any other machine.'
  const keywords = ['p2p', 'file-sharing', 'bittorrent', 'ipfs', 'libp2p', 'cli']
  return { name, version, description, keywords, license, type, bin, man: './man/p2pshare.1', engines }
}
