import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { choiceOf } from '../fetching/choice-options.ts'
import { givenLink } from '../options/given-link.ts'
import { checkedPlace, refusePartOfPrivate } from '../share-ref.ts'
import { fetchShare } from './fetch.ts'

/** `p2pshare open`: what a browser runs for a `p2pshare:` link. */
export const open: Command = {
  name: 'open',
  positionals: '<link>',
  count: { min: 1, max: 1 },
  summary:
    "Fetch what a link names into the daemon's downloads folder; of one to a part of a share that part alone",
  example: ["p2pshare open 'p2pshare:bafk…?name=holiday.mp4'", 'what a click on such a link does'],
  options: {},
  unread: EXIT.interrupted,
  async run(call) {
    const { ref, path, note } = await checkedPlace(await givenLink(call))
    const choice = await choiceOf({ paths: path === undefined ? [] : [path] })
    await refusePartOfPrivate(ref, choice !== undefined)
    if (note !== undefined) call.terminal.note(note)
    return fetchShare(
      call,
      { ref, force: false, clicked: true, ...(choice === undefined ? {} : { choice }) },
      undefined
    )
  }
}
