import { readFileSync } from 'node:fs'

/** Exit code of "the service is unavailable" (sysexits.h), our answer to a wrong Node. */
export const EXIT_WRONG_NODE = 69

/**
 * Tells whether a Node version satisfies an `engines` range made of `^a.b.c` and `>=a.b.c`
 * alternatives, the only forms this repository uses; any other form is taken as not satisfied.
 *
 * @param {string} version as in `process.versions.node`
 * @param {string} range as in package.json `engines.node`
 * @returns {boolean}
 */
export function satisfies(version, range) {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return range.split('||').some((alternative) => {
    const match = /^(\^|>=)(\d+)\.(\d+)\.(\d+)$/.exec(alternative.trim())
    if (match === null) return false
    const [, operator, a, b, c] = match
    const order = major - Number(a) || minor - Number(b) || patch - Number(c)
    return order >= 0 && (operator === '>=' || major === Number(a))
  })
}

/**
 * Ends the process with one clear line when the running Node is not one of those `engines` names.
 * Tests and scripts call it because vitest and type stripping start on some older versions too,
 * and then fail in places that have nothing to do with the reason.
 *
 * @returns {void}
 */
export function assertNodeVersion() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const range = manifest.engines.node
  if (satisfies(process.versions.node, range)) return
  process.stderr.write(
    `p2pshare needs Node ${range}, this is ${process.versions.node} (${process.execPath}). ` +
      'Start it with npm (npm test, npm run demo), which uses the pinned one.\n'
  )
  process.exit(EXIT_WRONG_NODE)
}
