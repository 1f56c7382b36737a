import { ShareError } from '@p2pshare/base'

/** The installed muxer's insides are not those that we know. */
export function muxerChanged(): ShareError {
  return new ShareError({
    code: 'network.muxer-changed',
    fault: 'bug',
    message: 'this version of @libp2p/yamux has other insides than those we know',
    hint: 'Install the version that package-lock.json names.'
  })
}
