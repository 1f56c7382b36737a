/** Names of fields whose text is nobody's business, whatever it is. */
const SECRET_FIELD = /("(?:secret|token|password|passphrase|psk|privateKey|networkKey)":)"(?:[^"\\]|\\.)*"/gi
/** What follows `#` in a link: the key of a private share never belongs anywhere else. */
const FRAGMENT = /(p2pshare:[^"#\s\\]{0,4096}#)[^"\s\\]+/gi
/** What a scraper of metrics shows to be let in. */
const BEARER = /(\bbearer\s+)[\w.~+/=-]+/gi
/** 256 bits in base 16, as keys of networks are written. CIDs and peer ids are not. A letter of an escape may stand before it. */
const KEY_TEXT = /(?:(?<![0-9a-z])|(?<=\\[nrt]|\\u[0-9a-f]{4}))[0-9a-f]{64}(?![0-9a-z])/gi

/**
 * What takes secrets, and the name of the user in paths, out of a line of the log: people send logs to strangers.
 * Done on the written line, so that messages and stacks of errors are covered, too.
 * @param home - the user's own folder, absolute; shown as `~`
 */
export function redaction(home: string): (line: string) => string {
  const written = JSON.stringify(home.replace(/[/\\]+$/, '')).slice(1, -1)
  // No part of a longer name: /home/ann is not the folder of anna.
  const name = written.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const before = '(?:(?<![\\w.-])|(?<=\\\\[nrt]))'
  const folder = written === '' ? undefined : new RegExp(`${before}${name}(?![\\w.-])`, 'g')
  return (line) => {
    const plain = line
      .replace(SECRET_FIELD, '$1"[secret]"')
      .replace(FRAGMENT, '$1[secret]')
      .replace(BEARER, '$1[secret]')
      .replace(KEY_TEXT, '[secret]')
    return folder === undefined ? plain : plain.replace(folder, '~')
  }
}
