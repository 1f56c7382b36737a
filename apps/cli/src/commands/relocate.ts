import { resolve } from 'node:path'
import { formatSize, printable } from '@p2pshare/base'
import type { RelocateEvent } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { openProgress } from '../render/progress.ts'
import { relocateView } from '../render/relocate-view.ts'
import { checkedRef } from '../share-ref.ts'

/** `p2pshare relocate`. */
export const relocate: Command = {
  name: 'relocate',
  positionals: '<hash> <path>',
  count: { min: 2, max: 2 },
  summary: 'Say where the files of a share lie now, or where a fetch is to go',
  example: ['p2pshare relocate bafk… /mnt/new/film.mp4', 'checks what is there, and serves it from there'],
  options: {},
  async run(call) {
    const ref = await checkedRef(call.args[0] ?? '')
    const path = resolve(call.around.cwd, call.args[1] ?? '')
    const client = await openClient(call)
    const leave = new AbortController()
    const stopListening = call.around.onInterrupt(() => leave.abort())
    const progress = await openProgress(call.terminal)
    try {
      for await (const event of client.relocate({ ref, path }, leave.signal)) {
        if (event.event === 'checking') progress.show(relocateView(event, path))
        else {
          progress.clear()
          told(event, call)
        }
      }
    } finally {
      progress.close()
      stopListening()
    }
    if (!leave.signal.aborted) return EXIT.done
    call.terminal.note('interrupted; nothing was changed')
    return EXIT.interrupted
  }
}

function told(done: Extract<RelocateEvent, { event: 'done' }>, { terminal }: Invocation): void {
  const { cid, name, path, state, hashed } = done
  terminal.result({ cid, name, path, state, hashed }, `${cid} ${state}`)
  const how = hashed === 0 ? '' : `; ${formatSize(hashed)} were read to be sure`
  if (!terminal.json) terminal.note(`${printable(name)} is at ${printable(path, 4096)}${how}`)
}
