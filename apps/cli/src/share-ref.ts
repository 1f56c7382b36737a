/**
 * Checks a hash or link before anything else happens, so that a malformed one ends at once even
 * when no daemon runs. @returns the text to send
 * @throws ShareError `content.malformed-link`
 */
export async function checkedRef(text: string): Promise<string> {
  const { parseShareRef } = await import('@p2pshare/content/link')
  parseShareRef(text)
  return text
}
