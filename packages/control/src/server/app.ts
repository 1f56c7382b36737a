import { formatSize, isShareError, printable, ShareError } from '@p2pshare/base'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import {
  API_PREFIX,
  API_VERSION,
  API_VERSION_HEADER,
  HEARTBEAT_MS,
  STREAM_TYPE,
  toErrorBody
} from '../protocol.ts'
import { CONTROL_METHODS, type ControlMethod } from '../schema/methods.ts'
import type { ControlService } from '../service.ts'
import type { CallSlots } from './call-slots.ts'
import { BODY_BYTES, SHORT_BODY_BYTES, STREAMS } from './limits.ts'
import type { ControlLog } from './log.ts'
import { streamBody } from './stream-body.ts'

/** What the caller of one request gets. */
export interface Access {
  service: ControlService
  /** Changes the body before it is checked; it may be anything that JSON can say. */
  prepare?(body: unknown): unknown
}

/** Whom a request is from decides what it gets. @throws ShareError when the call is not for this caller */
export type AccessOf = (c: Context, method: ControlMethod) => Access

/** What the routes of one request know of its caller. */
interface Granted {
  Variables: { access: Access }
}

/** What the routes need beside the service. */
export interface AppOptions {
  log: ControlLog
  version: string
  /** Aborts when the server closes. */
  stopping: AbortSignal
  /** For streams; left out where others see to how many there are. */
  slots?: CallSlots
  heartbeat?: number
}

type Status = 400 | 404 | 405 | 413 | 415 | 426 | 500 | 503

/** The routes: `POST /v1/<method>`, JSON in, JSON or a stream out; everything else is a clear error. */
export function createApp(accessOf: AccessOf, options: AppOptions): Hono<Granted> {
  const app = new Hono<Granted>()
  app.use(async (c, next) => refuse(c, options) ?? (await next()))
  for (const name of Object.keys(CONTROL_METHODS) as ControlMethod[]) {
    const isStream = 'event' in CONTROL_METHODS[name]
    // Of who may not call, no body is read, nor of one that waits.
    const granting: MiddlewareHandler<Granted> = async (c, next) => {
      c.set('access', accessOf(c, name))
      const { outgoing } = c.env as HttpBindings
      if (isStream && (await options.slots?.take(outgoing)) === false) return failure(c, 503, busy())
      return next()
    }
    app.post(`${API_PREFIX}${name}`, granting, limitedBody(name), (c) => answer(c, name, options))
  }
  app.notFound((c) => failure(c, 404, unknownMethod(c)))
  app.onError((error, c) => {
    if (!isShareError(error))
      options.log.error({ error, path: printable(c.req.path) }, 'control request failed')
    return failure(c, statusOf(error), error)
  })
  return app
}

/** Calls whose requests hold lists. */
const LONG: ReadonlySet<ControlMethod> = new Set(['seed', 'fetch', 'select'])

/** Parsing costs time on the one thread there is, so a body is no longer than what its call can say. */
function limitedBody(name: ControlMethod): MiddlewareHandler<Granted> {
  const maxSize = LONG.has(name) ? BODY_BYTES : SHORT_BODY_BYTES
  const problem = badRequest(`the body is over ${formatSize(maxSize)}`)
  return bodyLimit({ maxSize, onError: (c) => failure(c, 413, problem) })
}

/** Checks that hold for every path, before anything of the body is read. */
function refuse(c: Context, options: AppOptions): Response | undefined {
  if (c.req.method !== 'POST')
    return failure(c, 405, badRequest(`method ${printable(c.req.method, 20)}; only POST is known`))
  if (c.req.header(API_VERSION_HEADER) !== String(API_VERSION))
    return failure(c, 426, versionMismatch(options.version))
  // A form or a script of a web page cannot send this type without asking first, and nobody answers such a question.
  const type = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    return failure(c, 415, badRequest('the content type must be application/json'))
  return undefined
}

async function answer(c: Context<Granted>, name: ControlMethod, options: AppOptions): Promise<Response> {
  const { service, prepare } = c.get('access')
  const request = await readRequest(c, name, prepare)
  const gone = AbortSignal.any([c.req.raw.signal, options.stopping])
  // The table pairs each method with its schema; TypeScript cannot follow that through the index.
  const call = service[name] as (request: unknown, signal: AbortSignal) => unknown
  if (!('event' in CONTROL_METHODS[name])) return c.json((await call.call(service, request, gone)) as object)
  const left = new AbortController()
  const events = call.call(service, request, AbortSignal.any([gone, left.signal])) as AsyncIterable<unknown>
  const body = streamBody(events, {
    heartbeat: options.heartbeat ?? HEARTBEAT_MS,
    onLeave: () => left.abort(),
    onFailure: (error) => {
      if (!isShareError(error)) options.log.error({ error, method: name }, 'control stream failed')
    }
  })
  return new Response(body, { headers: { 'content-type': STREAM_TYPE, 'cache-control': 'no-store' } })
}

async function readRequest(
  c: Context,
  name: ControlMethod,
  prepare: Access['prepare'] = (body) => body
): Promise<unknown> {
  let body: unknown
  try {
    body = JSON.parse(await c.req.text())
  } catch (cause) {
    throw badRequest('the body is not JSON', cause)
  }
  const parsed = CONTROL_METHODS[name].request.safeParse(prepare(body))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.length ? `${issue.path.map(String).join('.')}: ` : ''
  throw badRequest(printable(`${where}${issue?.message ?? 'does not fit'}`, 300))
}

function failure(c: Context, status: Status, error: unknown): Response {
  return c.json({ error: toErrorBody(error) }, status)
}

/** HTTP status for people with curl; our client goes by the code in the body. */
function statusOf(error: unknown): Status {
  return isShareError(error) && (error.fault === 'user' || error.fault === 'content') ? 400 : 500
}

function badRequest(what: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'control.bad-request',
    fault: 'user',
    message: `the daemon does not understand the request: ${what}`,
    hint: 'Use the p2pshare command of the same version.',
    cause
  })
}

function busy(): ShareError {
  return new ShareError({
    code: 'control.busy',
    fault: 'daemon',
    message: `${STREAMS} commands are followed already, the most there can be; this one was not begun`,
    hint: 'Try again when some are done. A fetch goes on by itself: leave it with Ctrl-C, and look at it with p2pshare list.'
  })
}

function unknownMethod(c: Context): ShareError {
  return new ShareError({
    code: 'control.unknown-method',
    fault: 'user',
    message: `the daemon knows no call ${printable(c.req.path, 100)}`,
    hint: 'Use the p2pshare command of the same version.'
  })
}

function versionMismatch(version: string): ShareError {
  return new ShareError({
    code: 'control.version-mismatch',
    fault: 'daemon',
    message: `the running daemon is version ${version} and speaks API ${API_VERSION}; this command speaks another`,
    hint: 'Have the same version on both sides; of this machine, restart it: p2pshare daemon stop, then p2pshare daemon start.',
    detail: { api: API_VERSION, version }
  })
}
