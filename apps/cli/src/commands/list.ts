import { printable } from '@p2pshare/base'
import type { ShareSummary } from '@p2pshare/control'
import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { shareLine } from '../render/share-text.ts'

/** `p2pshare list`. */
export const list: Command = {
  name: 'list',
  positionals: '',
  count: { min: 0, max: 0 },
  summary: 'List all shares',
  example: ['p2pshare list --json', 'all shares as one JSON object'],
  options: {},
  async run(call) {
    const client = await openClient(call)
    const shares: ShareSummary[] = []
    let after: string | undefined
    do {
      const page = await client.list(after === undefined ? {} : { after })
      shares.push(...page.shares)
      after = page.next
    } while (after !== undefined)
    const lines = shares.map((share) => shareLine(share))
    call.terminal.result({ shares }, lines.length === 0 ? 'nothing is shared yet' : lines.join('\n'))
    if (call.terminal.verbose)
      for (const share of shares) call.terminal.note(`${share.cid} ${printable(share.path, 4096)}`)
    return EXIT.done
  }
}
