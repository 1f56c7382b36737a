/** Time between two looks, in ms; each look is a call to a daemon, which takes longer than this. */
const PAUSE_MS = 25

/**
 * Looks again and again until something is there: for what another process does and tells nobody.
 *
 * @param look - answers undefined while it is not there yet
 * @param what - for the message when it never comes
 * @throws when `limitMs` is over, with the last thing that `look` threw, if any
 */
export async function eventually<T>(
  look: () => Promise<T | undefined> | T | undefined,
  what: string,
  limitMs = 30_000
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`did not happen within ${limitMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
