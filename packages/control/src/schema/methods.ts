import type { z } from 'zod'
import * as authorize from './authorize.ts'
import * as config from './config.ts'
import * as daemon from './daemon.ts'
import * as doctor from './doctor.ts'
import * as listing from './listing.ts'
import * as limits from './limits.ts'
import * as measurement from './measurement.ts'
import * as metrics from './metrics.ts'
import * as queue from './queue.ts'
import * as read from './read.ts'
import * as relay from './relay.ts'
import * as relocate from './relocate.ts'
import * as share from './share.ts'
import * as stopping from './stopping.ts'
import * as transfer from './transfer.ts'
import * as watch from './watch.ts'
import * as why from './why.ts'
import * as observe from './observe.ts'

/**
 * Every call of the API: `POST /v1/<name>` with a JSON body of the `request` shape. A call with
 * `result` answers one JSON object, one with `event` a stream of them.
 */
export const CONTROL_METHODS = {
  seed: { request: transfer.seedRequest, event: transfer.seedEvent },
  fetch: { request: transfer.fetchRequest, event: transfer.fetchEvent },
  checkFetch: { request: transfer.fetchRequest, result: transfer.fetchCheck },
  observe: { request: observe.observeRequest, event: observe.moment },
  entries: { request: listing.entriesRequest, event: listing.entriesEvent },
  read: { request: read.readRequest, event: read.readEvent },
  select: { request: listing.selectRequest, result: listing.selection },
  list: { request: daemon.listRequest, result: daemon.shareList },
  status: { request: daemon.emptyRequest, result: daemon.daemonStatus },
  shareStatus: { request: daemon.shareRequest, result: share.shareDetail },
  why: { request: daemon.shareRequest, result: why.whyAnswer },
  remove: { request: daemon.removeRequest, result: share.shareChange },
  relocate: { request: relocate.relocateRequest, event: relocate.relocateEvent },
  pause: { request: daemon.shareRequest, result: share.shareChange },
  resume: { request: queue.resumeRequest, result: share.shareChange },
  verify: { request: daemon.shareRequest, result: share.shareChange },
  queue: { request: queue.queueRequest, result: queue.queueView },
  stopWhen: { request: stopping.stopRequest, result: stopping.stopAnswer },
  relay: { request: relay.relayRequest, result: relay.relayView },
  reload: { request: daemon.emptyRequest, result: config.reloadResult },
  limit: { request: limits.limitRequest, result: limits.limits },
  peers: { request: daemon.peersRequest, result: daemon.peerList },
  watch: { request: watch.watchRequest, result: watch.watchList },
  unwatch: { request: watch.unwatchRequest, result: watch.unwatchResult },
  authorize: { request: authorize.authorizeRequest, result: authorize.authorisedList },
  unauthorize: { request: authorize.unauthorizeRequest, result: authorize.unauthorizeResult },
  connect: { request: daemon.connectRequest, result: daemon.connectResult },
  measure: { request: measurement.measureRequest, result: measurement.measurement },
  metrics: { request: daemon.emptyRequest, result: metrics.metricsResult },
  id: { request: daemon.emptyRequest, result: daemon.identity },
  doctor: { request: daemon.emptyRequest, result: doctor.diagnosis },
  shutdown: { request: daemon.emptyRequest, result: daemon.shutdownResult }
} as const

/** Name of a call. */
export type ControlMethod = keyof typeof CONTROL_METHODS
/** What a caller sends for a call; fields with a default may be left out. */
export type RequestOf<M extends ControlMethod> = z.input<(typeof CONTROL_METHODS)[M]['request']>
