import type {
  AuthorisedList,
  AuthorizeRequest,
  UnauthorizeRequest,
  UnauthorizeResult
} from './schema/authorize.ts'
import type { ReloadResult } from './schema/config.ts'
import type {
  ConnectRequest,
  ConnectResult,
  DaemonStatus,
  Identity,
  ListRequest,
  PeerList,
  PeersRequest,
  RemoveRequest,
  ShareList,
  ShareRequest,
  ShutdownResult
} from './schema/daemon.ts'
import type { Diagnosis } from './schema/doctor.ts'
import type { LimitRequest, Limits } from './schema/limits.ts'
import type { EntriesEvent, EntriesRequest, Selection, SelectRequest } from './schema/listing.ts'
import type { Measurement, MeasureRequest } from './schema/measurement.ts'
import type { MetricsResult } from './schema/metrics.ts'
import type { QueueRequest, QueueView, ResumeRequest } from './schema/queue.ts'
import type { ReadEvent, ReadRequest } from './schema/read.ts'
import type { RelayRequest, RelayView } from './schema/relay.ts'
import type { RelocateEvent, RelocateRequest } from './schema/relocate.ts'
import type { ShareChange, ShareDetail } from './schema/share.ts'
import type { StopAnswer, StopRequest } from './schema/stopping.ts'
import type { UnwatchRequest, UnwatchResult, WatchList, WatchRequest } from './schema/watch.ts'
import type { WhyAnswer } from './schema/why.ts'
import type { RawPart } from './raw-part.ts'
import type { FetchCheck, FetchEvent, FetchRequest, SeedEvent, SeedRequest } from './schema/transfer.ts'
import type { Moment, ObserveRequest } from './schema/observe.ts'

/**
 * What the daemon can be asked; the server calls it with checked requests. Every method may throw
 * a ShareError, which reaches the caller as it is (unknown shares: `daemon.unknown-share`, fault
 * user; anything else thrown is logged and answered as `control.internal`).
 *
 * `ref` is a hash or link in any accepted form. `signal` aborts when the caller goes away; it ends
 * the telling, never a fetch.
 */
export interface ControlService {
  /**
   * Shares each path in place and yields hashing progress. A path that fails yields `failed`, and
   * the next follows. An abort while hashing ends that import.
   */
  seed(request: SeedRequest, signal: AbortSignal): AsyncIterable<SeedEvent>
  /**
   * Makes or joins the job and yields its state: the first at once, then whenever the phase
   * changes and at least twice a second while somebody reads. Events are asked for one by one: one
   * that is not read in time must be replaced by newer state, not queued. Ends after `done`.
   */
  fetch(request: FetchRequest, signal: AbortSignal): AsyncIterable<FetchEvent>
  /** Whether such a fetch could begin, before somebody chooses what of it; makes nothing, and asks nobody. */
  checkFetch(request: FetchRequest): Promise<FetchCheck>
  /**
   * Tells what the daemon does: at once, then at most four times a second, each time anew when the reader asks.
   * Ends only with the caller, or as an error when the one share it is about is removed.
   */
  observe(request: ObserveRequest, signal: AbortSignal): AsyncIterable<Moment>
  /**
   * Lists what is in a share. Of one that this node does not have, the index is fetched, and nothing else, for as long
   * as somebody reads: no job is made, and nothing stays.
   */
  entries(request: EntriesRequest, signal: AbortSignal): AsyncIterable<EntriesEvent>
  /**
   * Reads a file of a share in order, with events between its bytes (parts of at most 2 MiB, never empty). The next
   * part is fetched and read when it is asked for, but for a window ahead.
   */
  read(request: ReadRequest, signal: AbortSignal): AsyncIterable<ReadEvent | RawPart>
  /** Changes which files of a share are wanted, how much, and in which order their pieces; for good. */
  select(request: SelectRequest): Promise<Selection>
  list(request: ListRequest): Promise<ShareList>
  status(): Promise<DaemonStatus>
  shareStatus(request: ShareRequest): Promise<ShareDetail>
  /** Why a share is where it is. A hash that this node does not have is answered too, never an error. */
  why(request: ShareRequest): Promise<WhyAnswer>
  remove(request: RemoveRequest): Promise<ShareChange>
  /** Checks that a share lies at another path, and serves it from there; or gives a fetch another target. */
  relocate(request: RelocateRequest, signal: AbortSignal): AsyncIterable<RelocateEvent>
  pause(request: ShareRequest): Promise<ShareChange>
  /** Goes on with a share; one that is fetched waits for its turn, unless it is to begin `now`. */
  resume(request: ResumeRequest): Promise<ShareChange>
  /** Starts checking all pieces and answers at once with state `checking`, or `queued` when others are checked first. */
  verify(request: ShareRequest): Promise<ShareChange>
  /** Sets what is given, at once and for good, and answers what is set now. */
  limit(request: LimitRequest): Promise<Limits>
  /** Moves a fetch in the queue, or only looks at it. */
  queue(request: QueueRequest): Promise<QueueView>
  /** Sets when a share stops seeding, at once and for good, and answers how it stands to that. */
  stopWhen(request: StopRequest): Promise<StopAnswer>
  /** Sets how this daemon relays for others, at once and for good, and answers how it does. */
  relay(request: RelayRequest): Promise<RelayView>
  /** Reads the configuration anew, puts in force what can be, and answers what that was. */
  reload(): Promise<ReloadResult>
  /** Shares what appears and changes in a folder, for good; answers how it goes. */
  watch(request: WatchRequest): Promise<WatchList>
  unwatch(request: UnwatchRequest): Promise<UnwatchResult>
  /** Lets a peer on another machine call, for good; answers who may. */
  authorize(request: AuthorizeRequest): Promise<AuthorisedList>
  /** From now on: calls of that peer that go on are ended. */
  unauthorize(request: UnauthorizeRequest): Promise<UnauthorizeResult>
  peers(request: PeersRequest): Promise<PeerList>
  /** Dials; the answer comes when connected. */
  connect(request: ConnectRequest, signal: AbortSignal): Promise<ConnectResult>
  /** Watches the daemon for the time asked, or until the caller goes, then answers. */
  measure(request: MeasureRequest, signal: AbortSignal): Promise<Measurement>
  /** Figures for Prometheus; cheap enough for every few seconds. */
  metrics(): Promise<MetricsResult>
  id(): Promise<Identity>
  /** Looks at everything that decides whether others find and reach this node. */
  doctor(): Promise<Diagnosis>
  /** Answers, then stops the daemon. */
  shutdown(): Promise<ShutdownResult>
}
