import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

const CHUNK = 1024 * 1024

async function sameBytes(left: string, right: string): Promise<boolean> {
  await using a = await open(left, 'r')
  await using b = await open(right, 'r')
  const [one, two] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)]
  for (let position = 0; ; ) {
    const [x, y] = await Promise.all([a.read(one, 0, CHUNK, position), b.read(two, 0, CHUNK, position)])
    if (x.bytesRead !== y.bytesRead) return false
    if (x.bytesRead === 0) return true
    if (!one.subarray(0, x.bytesRead).equals(two.subarray(0, y.bytesRead))) return false
    position += x.bytesRead
  }
}

/**
 * Lists how two files or folders differ: names, kinds, sizes, contents; not modes or times.
 *
 * @returns one line a difference, with the path below the roots; empty when they are equal
 */
export async function compareTrees(left: string, right: string, at = '.'): Promise<string[]> {
  const [a, b] = await Promise.all([stat(left), stat(right)])
  if (a.isDirectory() !== b.isDirectory()) return [`${at}: a folder on one side only`]
  if (!a.isDirectory()) {
    if (a.size !== b.size) return [`${at}: ${a.size} and ${b.size} bytes`]
    return (await sameBytes(left, right)) ? [] : [`${at}: different bytes`]
  }
  const [namesA, namesB] = await Promise.all([readdir(left), readdir(right)])
  const found: string[] = []
  for (const name of new Set([...namesA, ...namesB])) {
    const path = join(at, name)
    if (!namesA.includes(name)) found.push(`${path}: only in the second`)
    else if (!namesB.includes(name)) found.push(`${path}: only in the first`)
    else found.push(...(await compareTrees(join(left, name), join(right, name), path)))
  }
  return found.sort()
}
