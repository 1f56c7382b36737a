import type { AuthorisedList, UnauthorizeResult } from '../schema/authorize.ts'
import type { ReloadResult } from '../schema/config.ts'
import type {
  ConnectResult,
  DaemonStatus,
  Identity,
  PeerList,
  ShareList,
  ShutdownResult
} from '../schema/daemon.ts'
import type { Diagnosis } from '../schema/doctor.ts'
import type { Limits } from '../schema/limits.ts'
import type { EntriesEvent, Selection } from '../schema/listing.ts'
import type { Measurement } from '../schema/measurement.ts'
import type { MetricsResult } from '../schema/metrics.ts'
import type { RequestOf } from '../schema/methods.ts'
import type { QueueView } from '../schema/queue.ts'
import type { ReadEvent } from '../schema/read.ts'
import type { RelayView } from '../schema/relay.ts'
import type { RelocateEvent } from '../schema/relocate.ts'
import type { ShareChange, ShareDetail } from '../schema/share.ts'
import type { StopAnswer } from '../schema/stopping.ts'
import type { FetchCheck, FetchEvent, SeedEvent } from '../schema/transfer.ts'
import type { UnwatchResult, WatchList } from '../schema/watch.ts'
import type { WhyAnswer } from '../schema/why.ts'
import type { Moment } from '../schema/observe.ts'
import { call, type CallTarget } from './call.ts'
import { callBytes, callStream } from './call-stream.ts'

/** Where the daemon is, and how long to wait for it. */
export type ControlClientOptions = CallTarget & {
  /**
   * Milliseconds without a byte of a stream before the daemon counts as hung: three heartbeats. An answer that comes at
   * once or not at all is waited for four times as long.
   */
  silence?: number
}

/**
 * The daemon's calls from the outside. Every method throws the daemon's own ShareErrors, and
 * `control.daemon-not-running`, `control.connection-lost`, `control.version-mismatch`.
 * Leaving a stream early (break, return, abort) closes its connection.
 */
export interface ControlClient {
  seed(request: RequestOf<'seed'>, signal?: AbortSignal): AsyncGenerator<SeedEvent, void>
  fetch(request: RequestOf<'fetch'>, signal?: AbortSignal): AsyncGenerator<FetchEvent, void>
  checkFetch(request: RequestOf<'checkFetch'>): Promise<FetchCheck>
  observe(request: RequestOf<'observe'>, signal?: AbortSignal): AsyncGenerator<Moment, void>
  entries(request: RequestOf<'entries'>, signal?: AbortSignal): AsyncGenerator<EntriesEvent, void>
  read(request: RequestOf<'read'>, signal?: AbortSignal): AsyncGenerator<ReadEvent | Uint8Array, void>
  select(request: RequestOf<'select'>): Promise<Selection>
  list(request?: RequestOf<'list'>): Promise<ShareList>
  status(): Promise<DaemonStatus>
  shareStatus(request: RequestOf<'shareStatus'>): Promise<ShareDetail>
  why(request: RequestOf<'why'>): Promise<WhyAnswer>
  remove(request: RequestOf<'remove'>): Promise<ShareChange>
  relocate(request: RequestOf<'relocate'>, signal?: AbortSignal): AsyncGenerator<RelocateEvent, void>
  pause(request: RequestOf<'pause'>): Promise<ShareChange>
  resume(request: RequestOf<'resume'>): Promise<ShareChange>
  verify(request: RequestOf<'verify'>): Promise<ShareChange>
  limit(request: RequestOf<'limit'>): Promise<Limits>
  queue(request?: RequestOf<'queue'>): Promise<QueueView>
  stopWhen(request: RequestOf<'stopWhen'>): Promise<StopAnswer>
  relay(request?: RequestOf<'relay'>): Promise<RelayView>
  reload(): Promise<ReloadResult>
  watch(request?: RequestOf<'watch'>): Promise<WatchList>
  unwatch(request: RequestOf<'unwatch'>): Promise<UnwatchResult>
  authorize(request?: RequestOf<'authorize'>): Promise<AuthorisedList>
  unauthorize(request: RequestOf<'unauthorize'>): Promise<UnauthorizeResult>
  peers(request?: RequestOf<'peers'>): Promise<PeerList>
  connect(request: RequestOf<'connect'>): Promise<ConnectResult>
  measure(request?: RequestOf<'measure'>): Promise<Measurement>
  metrics(): Promise<MetricsResult>
  id(): Promise<Identity>
  doctor(): Promise<Diagnosis>
  shutdown(): Promise<ShutdownResult>
}

/** A client of the daemon at a socket, or behind streams; nothing is dialled before the first call, one connection a call. */
export function createControlClient(options: ControlClientOptions): ControlClient {
  const target: CallTarget = options
  const silence = options.silence ?? 30_000
  // One answer may take longer to make than the next event of a stream.
  const ask = <Result>(method: string, request: object): Promise<Result> =>
    call<Result>(target, method, request, 4 * silence)
  return {
    seed: (request, signal) => callStream<SeedEvent>(target, 'seed', request, { silence, signal }),
    fetch: (request, signal) => callStream<FetchEvent>(target, 'fetch', request, { silence, signal }),
    checkFetch: (request) => ask<FetchCheck>('checkFetch', request),
    observe: (request, signal) => callStream<Moment>(target, 'observe', request, { silence, signal }),
    entries: (request, signal) => callStream<EntriesEvent>(target, 'entries', request, { silence, signal }),
    read: (request, signal) => callBytes<ReadEvent>(target, 'read', request, { silence, signal }),
    select: (request) => ask<Selection>('select', request),
    list: (request = {}) => ask<ShareList>('list', request),
    status: () => ask<DaemonStatus>('status', {}),
    shareStatus: (request) => ask<ShareDetail>('shareStatus', request),
    why: (request) => ask<WhyAnswer>('why', request),
    remove: (request) => ask<ShareChange>('remove', request),
    relocate: (request, signal) =>
      callStream<RelocateEvent>(target, 'relocate', request, { silence, signal }),
    pause: (request) => ask<ShareChange>('pause', request),
    resume: (request) => ask<ShareChange>('resume', request),
    verify: (request) => ask<ShareChange>('verify', request),
    limit: (request) => ask<Limits>('limit', request),
    queue: (request = {}) => ask<QueueView>('queue', request),
    stopWhen: (request) => ask<StopAnswer>('stopWhen', request),
    relay: (request = {}) => ask<RelayView>('relay', request),
    reload: () => ask<ReloadResult>('reload', {}),
    watch: (request = {}) => ask<WatchList>('watch', request),
    unwatch: (request) => ask<UnwatchResult>('unwatch', request),
    authorize: (request = {}) => ask<AuthorisedList>('authorize', request),
    unauthorize: (request) => ask<UnauthorizeResult>('unauthorize', request),
    peers: (request = {}) => ask<PeerList>('peers', request),
    connect: (request) => ask<ConnectResult>('connect', request),
    measure: (request = {}) => ask<Measurement>('measure', request),
    metrics: () => ask<MetricsResult>('metrics', {}),
    id: () => ask<Identity>('id', {}),
    doctor: () => ask<Diagnosis>('doctor', {}),
    shutdown: () => ask<ShutdownResult>('shutdown', {})
  }
}
