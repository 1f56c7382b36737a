import type { ConfigKey } from './config-key.ts'

/** What config.json can hold for a key. */
export type ConfigValue = string | number | boolean | string[]

/** Option of the command line of the same meaning, without the dashes. */
export function optionOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** Variable of the environment of the same meaning. */
export function variableOf(key: string): string {
  return `P2PSHARE_${optionOf(key).toUpperCase().replaceAll('-', '_')}`
}

/** Reads a value from the environment or a command line; what it may be, {@link problemOf} says. */
export function valueFromText({ kind }: ConfigKey, text: string): ConfigValue {
  if (kind === 'list') return text.split(/[\s,]+/).filter((part) => part !== '')
  if (kind === 'number') return /^\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : text
  if (kind === 'text') return text
  if (/^(1|true|yes|on)$/i.test(text)) return true
  return /^(0|false|no|off)$/i.test(text) ? false : text
}

/** Writes a value as {@link valueFromText} reads it. */
export function textOfValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Why a value does not fit its key; undefined when it does. */
export function problemOf({ value: type }: ConfigKey, value: unknown): string | undefined {
  const parsed = type.safeParse(value)
  return parsed.success ? undefined : (parsed.error.issues[0]?.message ?? 'unknown reason')
}
