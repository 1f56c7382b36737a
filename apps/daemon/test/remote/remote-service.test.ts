import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ShareError } from '@p2pshare/base'
import { formatShareLink, parseShareRef } from '@p2pshare/content'
import {
  absolutePath,
  CONTROL_METHODS,
  type ControlMethod,
  type ControlService,
  METHOD_ACCESS,
  type ShareDetail
} from '@p2pshare/control'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withinFolders } from '../../src/remote/remote-folders.ts'
import { fromDownloads, remoteService } from '../../src/remote/remote-service.ts'

const CID = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'

interface Places {
  root: string
  downloads: string
  more: string
}

/** Two open folders, with links out of them, and a folder outside. */
function places(): Places {
  const root = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const [downloads, more, outside] = ['downloads', 'more', 'outside'].map((name) => join(root, name))
  for (const folder of [downloads, more, outside]) mkdirSync(folder ?? '')
  writeFileSync(join(root, 'outside', 'secret'), 'x')
  writeFileSync(join(root, 'downloads', 'film'), 'x')
  mkdirSync(join(root, 'downloads2'))
  symlinkSync(join(root, 'outside'), join(root, 'downloads', 'way-out'))
  symlinkSync(join(root, 'outside', 'new'), join(root, 'downloads', 'nowhere'))
  symlinkSync(join(root, 'more'), join(root, 'downloads', 'to-more'))
  return { root, downloads: downloads ?? '', more: more ?? '' }
}

describe('paths of callers elsewhere', () => {
  test.each([
    ['downloads', 'downloads'],
    ['downloads/film', 'downloads/film'],
    ['downloads/a/b/new', 'downloads/a/b/new'],
    ['more/../downloads/film', 'downloads/film'],
    ['downloads/to-more/new', 'more/new'],
    ['downloads/..film', 'downloads/..film']
  ])('%s is open', async (path, meant) => {
    const { root, downloads, more } = places()
    expect(await withinFolders(join(root, path), [downloads, more])).toBe(join(root, meant))
  })

  test.each([
    'outside/secret',
    'outside/nothing',
    'downloads/../outside/secret',
    'downloads/way-out/secret',
    'downloads/way-out/new',
    'downloads/nowhere',
    'downloads/nowhere/x',
    'downloads/film/x/../../../outside',
    'downloads2',
    '',
    '../../../../../../../etc/passwd'
  ])('"%s" is not, whether or not there is something', async (path) => {
    const { root, downloads, more } = places()
    await expect(withinFolders(`${root}/${path}`, [downloads, more])).rejects.toMatchObject({
      code: 'daemon.outside-remote-folders'
    })
  })

  test('relative ones lie in the downloads; what is no path is left for the check', () => {
    const make = (method: Parameters<typeof fromDownloads>[0], body: unknown): unknown =>
      fromDownloads(method, body, '/d')
    expect(make('seed', { paths: ['a', '/b', '../c', '', 7, 'x\0'], name: 'n' })).toEqual({
      paths: ['/d/a', '/b', '/c', '', 7, 'x\0'],
      name: 'n'
    })
    expect(make('fetch', { ref: 'r', output: 'o', folder: '.' })).toEqual({
      ref: 'r',
      output: '/d/o',
      folder: '/d'
    })
    expect(make('relocate', { ref: 'r', path: 'x' })).toEqual({ ref: 'r', path: '/d/x' })
    expect(make('pause', { path: 'x' })).toEqual({ path: 'x' })
    for (const body of [null, 7, 'x', ['a'], undefined]) expect(make('seed', body)).toBe(body)
    const hostile: unknown = JSON.parse('{"__proto__":{"path":"x"}}')
    expect(JSON.stringify(make('seed', hostile))).toBe('{"__proto__":{"path":"x"}}')
  })
})

/** Each field of a call from elsewhere that names a path of this machine, told by its schema. */
function pathFields(): [ControlMethod, string, boolean][] {
  const methods = Object.keys(CONTROL_METHODS) as ControlMethod[]
  return methods
    .filter((method) => METHOD_ACCESS[method] !== 'local')
    .flatMap((method) => {
      const { shape } = CONTROL_METHODS[method].request as unknown as { shape?: Record<string, Schema> }
      return Object.entries(shape ?? {}).flatMap(([name, field]): [ControlMethod, string, boolean][] => {
        const bare = field.def.innerType ?? field
        const isList = bare.def.element !== undefined
        return (bare.def.element ?? bare) === absolutePath ? [[method, name, isList]] : []
      })
    })
}

interface Schema {
  def: { innerType?: Schema; element?: Schema }
}

test('every path in every call that may come from elsewhere passes the gate', () => {
  const fields = pathFields()
  expect(fields.length).toBeGreaterThanOrEqual(6)
  const { service } = noting('/x')
  const methods = Object.fromEntries(fields.map(([method]) => [method, () => undefined]))
  const remote = remoteService({ ...service, ...methods }, 'control', () => ['/x'])
  for (const [method, name, isList] of fields) {
    const body = { [name]: isList ? ['a'] : 'a' }
    expect(fromDownloads(method, body, '/d'), method).toEqual({ [name]: isList ? ['/d/a'] : '/d/a' })
    expect(remote[method], method).not.toBe(methods[method])
  }
})

const signal = new AbortController().signal

const unknownShare = new ShareError({
  code: 'session.unknown-share',
  fault: 'user',
  message: 'unknown',
  hint: ''
})

/** A service that only notes what reaches it. */
function noting(path: string) {
  const seen: [string, unknown][] = []
  const detail = { path, link: 'p2pshare:bafk?size=1#secret-key' } as ShareDetail
  const note =
    (name: string) =>
    async (request: unknown): Promise<never> =>
      seen.push([name, request]) as never
  const stream = (name: string) =>
    async function* (request: unknown) {
      seen.push([name, request])
      yield { name } as never
    }
  const service = {
    seed: stream('seed'),
    fetch: stream('fetch'),
    entries: stream('entries'),
    relocate: stream('relocate'),
    watch: note('watch'),
    unwatch: note('unwatch'),
    remove: note('remove'),
    shareStatus: async ({ ref }: { ref: string }) => {
      if (ref === 'unknown') throw unknownShare
      return detail
    }
  } as Partial<ControlService> as ControlService
  return { seen, service }
}

async function all(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const each of stream) found.push(each)
  return found
}

describe('what may control', () => {
  test('shares, fetches and watches in the open folders only', async () => {
    const { root, downloads, more } = places()
    const { seen, service } = noting(join(root, 'outside', 'secret'))
    const remote = remoteService(service, 'control', () => [downloads, more])
    const outside = join(root, 'outside', 'secret')
    const film = join(downloads, 'film')
    // One share of several paths is all of them, or nothing.
    expect(await all(remote.seed({ paths: [film, outside], name: 'both' }, signal))).toMatchObject([
      { event: 'failed', error: { code: 'daemon.outside-remote-folders' } }
    ])
    expect(await all(remote.seed({ paths: [outside, film] }, signal))).toMatchObject([
      { event: 'failed', path: outside, error: { code: 'daemon.outside-remote-folders' } },
      { name: 'seed' }
    ])
    await all(remote.fetch({ ref: 'r', force: false }, signal))
    await all(remote.fetch({ ref: 'r', force: true, output: film }, signal))
    const refused = { code: 'daemon.outside-remote-folders' }
    const fetch = { ref: 'r', force: true }
    await expect(all(remote.fetch({ ...fetch, output: outside }, signal))).rejects.toMatchObject(refused)
    await expect(all(remote.fetch({ ...fetch, folder: root }, signal))).rejects.toMatchObject(refused)
    await expect(remote.checkFetch({ ...fetch, output: outside })).rejects.toMatchObject(refused)
    await expect(remote.checkFetch({ ...fetch, folder: root })).rejects.toMatchObject(refused)
    await expect(all(remote.read({ ref: 'r', keep: root }, signal))).rejects.toMatchObject(refused)
    await expect(all(remote.relocate({ ref: 'r', path: outside }, signal))).rejects.toMatchObject(refused)
    await all(remote.relocate({ ref: 'r', path: film }, signal))
    await expect(remote.watch({ path: root })).rejects.toMatchObject(refused)
    await expect(remote.unwatch({ path: root })).rejects.toMatchObject(refused)
    await remote.watch({})
    await remote.watch({ path: more })
    expect(seen).toEqual([
      ['seed', { paths: [film] }],
      ['fetch', { ref: 'r', force: false }],
      ['fetch', { ref: 'r', force: true, output: film }],
      ['relocate', { ref: 'r', path: film }],
      ['watch', {}],
      ['watch', { path: more }]
    ])
  })

  test('repairs nothing elsewhere: a job that is here already goes on where it lies', async () => {
    const { root, downloads } = places()
    const { seen, service } = noting(join(root, 'outside', 'secret'))
    const remote = remoteService(service, 'control', () => [downloads])
    const adopt = { force: true, adopt: true }
    await expect(all(remote.fetch({ ref: 'r', ...adopt }, signal))).rejects.toMatchObject({
      code: 'daemon.outside-remote-folders'
    })
    expect(seen).toEqual([])
    await all(remote.fetch({ ref: 'unknown', ...adopt }, signal))
    expect(seen).toEqual([['fetch', { ref: 'unknown', ...adopt }]])
  })

  test('deletes no files elsewhere', async () => {
    const { root, downloads } = places()
    const { seen, service } = noting(join(root, 'outside', 'secret'))
    const remote = remoteService(service, 'control', () => [downloads])
    await expect(remote.remove({ ref: 'r', deleteFiles: true })).rejects.toMatchObject({
      code: 'daemon.outside-remote-folders'
    })
    await remote.remove({ ref: 'r', deleteFiles: false })
    expect(seen).toEqual([['remove', { ref: 'r', deleteFiles: false }]])
  })
})

test('what may only look gets no keys, and has nothing looked for', async () => {
  const { seen, service } = noting('/x')
  const reader = remoteService(service, 'read', () => ['/x'])
  expect((await reader.shareStatus({ ref: 'r' })).link).toBe('p2pshare:bafk?size=1')
  await expect(all(reader.entries({ ref: 'unknown' }, signal))).rejects.toThrow('unknown')
  expect(seen).toEqual([])
  // What a private share holds is not for everybody who may look.
  await expect(all(reader.entries({ ref: CID }, signal))).rejects.toMatchObject({
    code: 'content.key-missing'
  })
  expect(seen).toEqual([])
  const key = { secret: new Uint8Array(32), check: new Uint8Array(8) }
  const link = formatShareLink({ root: parseShareRef(CID).root, key, peers: [] })
  await all(reader.entries({ ref: link }, signal))
  expect(seen).toEqual([['entries', { ref: link }]])
  const controller = remoteService(service, 'control', () => ['/x'])
  expect((await controller.shareStatus({ ref: 'r' })).link).toContain('#secret-key')
})
