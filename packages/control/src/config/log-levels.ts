import { nearestName, printable } from '@p2pshare/base'
import { z } from 'zod'

/** How much is logged, most first; `off` is nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'off'] as const

/** Words of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * Areas of the log: the names that parts of the program give theirs. `dht` stands for each of the DHTs; what lies in
 * an area (`reach`, `relay` and the DHTs in `network`) follows it unless it has a level of its own.
 */
export const LOG_AREAS = [
  ...[
    'network',
    'reach',
    'relay',
    'dht',
    'lan-dht',
    'amino-dht',
    'private-dht',
    'storage',
    'share',
    'upload'
  ],
  ...['trust', 'watching', 'hooks', 'metrics', 'control', 'remote']
] as const

/** Levels by area. */
export interface LogLevels {
  /** Of areas that are not named. */
  usual: LogLevel
  areas: Readonly<Record<string, LogLevel>>
}

/** Such as `info` or `info,network=debug,dht=warn`. */
export const logLevels = z
  .string('write info, or info,network=debug')
  .max(1024)
  .transform((text, context): LogLevels => {
    const levels: LogLevels & { areas: Record<string, LogLevel> } = { usual: 'info', areas: {} }
    for (const part of text.split(/[\s,]+/).filter((word) => word !== '')) {
      const [area, word] = part.includes('=') ? split(part) : [undefined, part]
      const level = LOG_LEVELS.find((one) => one === word.toLowerCase())
      if (level === undefined) context.addIssue(unknownWord('level', word, LOG_LEVELS))
      else if (area === undefined) levels.usual = level
      else if (LOG_AREAS.some((one) => one === area)) levels.areas[area] = level
      else context.addIssue(unknownWord('area', area, LOG_AREAS))
    }
    return levels
  })

/**
 * Whether something of the area is logged at a level.
 * @param path - the area's name and before it those of the areas that it lies in
 */
export function isLogged(levels: LogLevels, path: readonly string[], level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(levelOf(levels, path))
}

function levelOf({ usual, areas }: LogLevels, path: readonly string[]): LogLevel {
  for (const name of path.toReversed()) {
    const own = areas[name] ?? (name.endsWith('-dht') ? areas['dht'] : undefined)
    if (own !== undefined) return own
  }
  return usual
}

/** Says that there is none of that name, which one may be meant, and which there are. */
export function unknownWord(kind: 'level' | 'area', word: string, known: readonly string[]): string {
  const nearest = nearestName(word, known)
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return `there is no ${kind} "${printable(word, 40)}"${meant} (${kind}s: ${known.join(', ')})`
}

function split(part: string): [string, string] {
  const at = part.indexOf('=')
  return [part.slice(0, at), part.slice(at + 1)]
}
