import { existsSync, rmSync } from 'node:fs'
import { isShareError, printable, ShareError } from '@p2pshare/base'
import { CONFIG_KEYS, unknownKeyWarnings } from '@p2pshare/control/config'
import type { Command } from '../command.ts'
import { rawText, replaceConfig, startDraft } from '../config/config-store.ts'
import { edit } from '../config/editor.ts'
import { allKeyViews } from '../config/key-view.ts'
import { tellDaemon } from '../config/tell-daemon.ts'
import { EXIT } from '../exit-code.ts'
import { readConfig } from '../settings.ts'

/** `p2pshare config edit`. */
export const configEdit: Command = {
  name: 'edit',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'Edit config.json with the editor of VISUAL or EDITOR; it is taken only when every value is valid',
  example: ['EDITOR=nano p2pshare config edit', 'checked before it counts'],
  options: {},
  mendsConfig: true,
  async run(call) {
    const { home, terminal, around } = call
    const before = rawText(home.configFile)
    const draft = `${home.configFile}.edit`
    if (existsSync(draft)) terminal.note('going on with what was not valid the last time')
    else startDraft(draft, before ?? '{\n}\n')
    await edit(draft, around)
    const text = rawText(draft) ?? ''
    const file = checked(draft)
    const changed = text !== before
    if (changed) replaceConfig(home.configFile, before, text)
    rmSync(draft, { force: true })
    const { daemon, notes } = changed
      ? await tellDaemon(call, Object.keys(CONFIG_KEYS))
      : { daemon: null, notes: ['nothing changed'] }
    const warnings = unknownKeyWarnings(file)
    terminal.result({ file: home.configFile, changed, daemon, warnings }, printable(home.configFile, 4096))
    for (const note of new Set([...warnings, ...notes])) terminal.note(note)
    return EXIT.done
  }
}

/** @throws ShareError `cli.config-refused` unless all of it can be used */
function checked(draft: string): Record<string, unknown> {
  let file: Record<string, unknown>
  try {
    file = readConfig(draft)
  } catch (error) {
    throw isShareError(error) ? refused(error.message, draft) : error
  }
  const bad = allKeyViews(file, {}).find(({ problem }) => problem !== undefined)
  if (bad !== undefined) throw refused(`key "${bad.key}" is not valid: ${bad.problem}`, draft)
  return file
}

function refused(why: string, draft: string): ShareError {
  return new ShareError({
    code: 'cli.config-refused',
    fault: 'user',
    message: `config.json stays as it was: ${why}`,
    hint: `p2pshare config edit goes on from there; rm ${printable(draft)} forgets it.`
  })
}
