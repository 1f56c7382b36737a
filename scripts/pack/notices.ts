import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The licences of bundled packages in one text, as most of them ask. */
export function notices(folders: readonly string[]): string {
  const head = 'p2pshare contains the following packages. Their licences:\n'
  return [head, ...folders.map(noticeOf)].join(`\n${'-'.repeat(80)}\n\n`)
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license?: string
  }
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice)/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return [`${name} ${version} (${license ?? 'no licence named'})`, ...texts].join('\n\n') + '\n'
}
