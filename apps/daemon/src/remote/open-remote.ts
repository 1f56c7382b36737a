import type { Clock } from '@p2pshare/base'
import { type ControlService, METHOD_ACCESS } from '@p2pshare/control'
import { createCallServer } from '@p2pshare/control/server'
import type { RemoteCalls } from '@p2pshare/network'
import type { Log } from '@p2pshare/ports'
import { VERSION } from '../version.ts'
import type { AuthorisedPeers } from './authorised-peers.ts'
import { RemoteDoor } from './remote-door.ts'
import { fromDownloads, type OpenFolders, remoteService } from './remote-service.ts'

/** What {@link openRemote} puts together. */
export interface RemoteParts {
  calls: RemoteCalls
  authorised: AuthorisedPeers
  service: ControlService
  folders: OpenFolders
  clock: Clock
  log: Log
}

/** Lets authorised peers call the service from other machines. @returns ends all their calls */
export function openRemote({ calls, authorised, service, folders, clock, log }: RemoteParts): () => void {
  const server = createCallServer({
    version: VERSION,
    log,
    accessOf({ peerId, role, name }, method) {
      if (METHOD_ACCESS[method] === 'control')
        log.info(
          { peer: peerId, ...(name === undefined ? {} : { name }), method },
          'call from another machine'
        )
      return {
        service: remoteService(service, role, folders),
        prepare: (body) => fromDownloads(method, body, folders()[0])
      }
    }
  })
  calls.serve(new RemoteDoor({ authorised, server, clock, log }))
  return () => server.close()
}
