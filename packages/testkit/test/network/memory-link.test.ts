import { seededRng } from '@p2pshare/base'
import { linkPair, type MemoryLink, peerLinkSuite, rawLink } from '@p2pshare/testkit'
import { encodeFrame } from '@p2pshare/wire'

let made: MemoryLink[] = []

peerLinkSuite('in memory, randomly cut', {
  async pair() {
    const { near, far } = linkPair({ rng: seededRng(made.length + 1) })
    made.push(near, far)
    return { near, far, crashFar: () => far.crash() }
  },
  async hostile() {
    const { link, control, data } = rawLink()
    made.push(link)
    const hello = { type: 'hello', session: 1n, agent: 'hostile', maxRequests: 64 } as const
    control.write(encodeFrame({ ...hello, stream: 'control' }))
    data.write(encodeFrame({ ...hello, stream: 'data' }))
    return { link, sendControl: (raw) => control.write(raw), sendData: (raw) => data.write(raw) }
  },
  async end() {
    for (const link of made) link.close('done')
    made = []
  }
})
