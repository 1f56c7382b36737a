import { resolve } from 'node:path'
import { isShareError } from '@p2pshare/base'
import { keyMissing, parseShareRef } from '@p2pshare/content'
import {
  type ControlMethod,
  type ControlService,
  type FetchRequest,
  type Role,
  toErrorBody
} from '@p2pshare/control'
import { withinFolders } from './remote-folders.ts'

/** Absolute paths of folders that callers on other machines may read and write, `downloads` first; asked each time. */
export type OpenFolders = () => [downloads: string, ...more: string[]]

/**
 * The daemon as a caller on another machine may use it. Files of this machine are within reach in the open folders
 * only; one that may only look gets no key of a private share, and makes this node ask nobody.
 */
export function remoteService(service: ControlService, role: Role, folders: OpenFolders): ControlService {
  return { ...service, ...filesWithin(service, folders), ...(role === 'read' ? lookingOnly(service) : {}) }
}

/** The calls that name files. */
function filesWithin(
  service: ControlService,
  folders: OpenFolders
): Pick<
  ControlService,
  'seed' | 'fetch' | 'checkFetch' | 'read' | 'relocate' | 'watch' | 'unwatch' | 'remove'
> {
  const within = (path: string): Promise<string> => withinFolders(path, folders())
  const placed = async ({ output, folder }: Pick<FetchRequest, 'output' | 'folder'>) => ({
    ...(output === undefined ? {} : { output: await within(output) }),
    ...(folder === undefined ? {} : { folder: await within(folder) })
  })
  return {
    async *seed(request, signal) {
      const open: string[] = []
      for (const path of request.paths) {
        try {
          open.push(await within(path))
        } catch (error) {
          yield { event: 'failed', path, error: toErrorBody(error) }
          // One share of them all would lack a part.
          if (request.name !== undefined) return
        }
      }
      if (open.length > 0) yield* service.seed({ ...request, paths: open }, signal)
    },
    async *fetch({ output, folder, ...rest }, signal) {
      // A share that is here is gone on with where it lies, whatever place is named.
      const here = rest.adopt === true ? await placeOf(service, rest.ref) : undefined
      if (here !== undefined) await within(here)
      yield* service.fetch({ ...rest, ...(await placed({ output, folder })) }, signal)
    },
    checkFetch: async ({ output, folder, ...rest }) =>
      service.checkFetch({ ...rest, ...(await placed({ output, folder })) }),
    async *read({ keep, ...request }, signal) {
      yield* service.read(keep === undefined ? request : { ...request, keep: await within(keep) }, signal)
    },
    async *relocate(request, signal) {
      yield* service.relocate({ ...request, path: await within(request.path) }, signal)
    },
    async watch(request) {
      const { path } = request
      return service.watch(path === undefined ? request : { ...request, path: await within(path) })
    },
    unwatch: async ({ path }) => service.unwatch({ path: await within(path) }),
    async remove(request) {
      // What is shared in place may be the only copy of this machine's user.
      if (request.deleteFiles) await within((await service.shareStatus({ ref: request.ref })).path)
      return service.remove(request)
    }
  }
}

/** Where a share that is here lies; all paths of one that has several lie in it. None of any other share. */
async function placeOf(service: ControlService, ref: string): Promise<string | undefined> {
  try {
    return (await service.shareStatus({ ref })).path
  } catch (error) {
    if (isShareError(error, 'session.unknown-share')) return undefined
    throw error
  }
}

/** For callers that may look, and no more. */
function lookingOnly(service: ControlService): Pick<ControlService, 'shareStatus' | 'entries'> {
  return {
    async shareStatus(request) {
      const { link, ...rest } = await service.shareStatus(request)
      return { ...rest, link: link.split('#', 1)[0] ?? '' }
    },
    async *entries(request, signal) {
      // Of a share that is not here the index would be fetched.
      const { cid, link } = await service.shareStatus({ ref: request.ref })
      // What a private share holds is for who has its key, not for who may look.
      if (link.includes('#') && parseShareRef(request.ref).key === undefined) throw keyMissing(cid)
      yield* service.entries(request, signal)
    }
  }
}

/** Names of fields that hold paths, by call. */
const PATHS: Partial<Record<ControlMethod, readonly string[]>> = {
  seed: ['paths'],
  fetch: ['output', 'folder'],
  checkFetch: ['output', 'folder'],
  read: ['keep'],
  relocate: ['path'],
  watch: ['path'],
  unwatch: ['path']
}

/**
 * Makes paths of a request absolute: relative ones lie in this machine's downloads, since a caller elsewhere knows no
 * other folder here.
 * @param body - anything; what does not fit is left for the check that follows
 */
export function fromDownloads(method: ControlMethod, body: unknown, downloads: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const here = (value: unknown): unknown => (typeof value === 'string' ? absolute(value, downloads) : value)
  const fields = Object.entries(body).map(([name, value]): [string, unknown] => {
    if (PATHS[method]?.includes(name) !== true) return [name, value]
    return [name, Array.isArray(value) ? value.map(here) : here(value)]
  })
  return Object.fromEntries(fields)
}

function absolute(path: string, downloads: string): string {
  // What a check refuses stays as it is, and so is refused.
  return path === '' || path.includes('\0') ? path : resolve(downloads, path)
}
