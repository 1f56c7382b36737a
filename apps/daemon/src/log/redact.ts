import { realpathSync } from 'node:fs'

/** Names of fields whose text is nobody's business, whatever it is. */
const SECRET_FIELD = /("(?:secret|token|password|passphrase|psk|privateKey|networkKey)":)"(?:[^"\\]|\\.)*"/gi
/** What follows `#` in a link: the key of a private share never belongs anywhere else. */
const FRAGMENT = /(p2pshare:[^"#\s\\]{0,4096}#)[^"\s\\]+/gi
/** The same key where the rest of its link is cut off, or is escaped for another one. */
const LINK_KEY = /((?:#|%23)key(?:=|%3d))[\w-]+/gi
/** What a scraper of metrics shows to be let in. */
const BEARER = /(\bbearer\s+)[\w.~+/=-]+/gi
/** 256 bits in base 16, as keys of networks are written. CIDs and peer ids are not. A letter of an escape may stand before it. */
const KEY_TEXT = /(?:(?<![0-9a-z])|(?<=\\[nrt]|\\u[0-9a-f]{4}))[0-9a-f]{64}(?![0-9a-z])/gi

/**
 * What takes secrets, and the name of the user in paths, out of a line of the log: people send logs to strangers.
 * Done on the written line, so that messages and stacks of errors are covered, too.
 * @param homes - the user's own folder, under each name that it has, absolute; shown as `~`
 */
export function redaction(...homes: readonly string[]): (line: string) => string {
  const folders = homes.flatMap(folderPattern)
  return (line) => {
    const plain = line
      .replace(SECRET_FIELD, '$1"[secret]"')
      .replace(FRAGMENT, '$1[secret]')
      .replace(LINK_KEY, '$1[secret]')
      .replace(BEARER, '$1[secret]')
      .replace(KEY_TEXT, '[secret]')
    return folders.reduce((text, folder) => text.replace(folder, '~'), plain)
  }
}

function folderPattern(home: string): RegExp[] {
  const written = JSON.stringify(home.replace(/[/\\]+$/, '')).slice(1, -1)
  // No part of a longer name: /home/ann is not the folder of anna.
  const name = written.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const before = '(?:(?<![\\w.-])|(?<=\\\\[nrt]))'
  return written === '' ? [] : [new RegExp(`${before}${name}(?![\\w.-])`, 'g')]
}

/** Of a folder that is reached over a link, paths show its true name, too: `/home` may be `/var/home`. */
export function namesOf(folder: string): string[] {
  try {
    return [...new Set([realpathSync(folder), folder])]
  } catch {
    return [folder]
  }
}
