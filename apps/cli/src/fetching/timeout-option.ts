import { type Millis, parseDuration, printable } from '@p2pshare/base'
import type { Invocation, OptionSpec } from '../command.ts'
import { usageError } from '../exit-code.ts'

/** `--timeout` of commands that wait for peers. */
export const TIMEOUT_OPTION: OptionSpec = {
  type: 'string',
  describe: 'give up waiting after this long without progress: 30s, 5m'
}

/** What `--timeout` says; undefined = for ever. @throws ShareError `cli.usage` */
export function timeoutOf(call: Invocation): Millis | undefined {
  const text = call.settings.text('timeout')
  if (text === undefined) return undefined
  const timeout = parseDuration(text)
  if (timeout === undefined || timeout === 0) {
    throw usageError(`--timeout is not a duration: ${printable(text, 60)}`, 'Write 30s, 5m or 1h.')
  }
  return timeout
}
