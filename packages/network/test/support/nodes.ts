import { createHash } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { type CancelTimer, type Clock, millis, seededRng } from '@p2pshare/base'
import type { ContentKey, Directory, FindReport, KeyList, Log, Provider, Publication } from '@p2pshare/ports'
import { createNetwork, type Network, type NetworkOptions } from '../../src/index.ts'
import { memoryValues } from './memory-values.ts'

export const systemClock: Clock = {
  now: () => millis(performance.now()),
  wallTime: () => Date.now(),
  after(delay, run): CancelTimer {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  }
}

/** A log that keeps its lines. */
export function recordingLog(lines: string[] = []): Log & { lines: string[] } {
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => recordingLog(lines)
  }
}

const running = new Set<Network>()

/** Starts a node on 127.0.0.1; `stopAll` ends it. */
export async function startNode(
  options: Partial<NetworkOptions> & { privateKey?: never; keyFile?: string } = {}
): Promise<Network> {
  const made = await makeNode(options)
  await made.network.start()
  return made
}

/** A node that has not been started. */
export async function makeNode(options: Partial<NetworkOptions> = {}): Promise<Network> {
  const identity =
    'keyFile' in options && options.keyFile !== undefined
      ? { keyFile: options.keyFile }
      : { privateKey: await generateKeyPair('Ed25519') }
  const made = await createNetwork({
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: [],
    network: { kind: 'local' },
    mdns: false,
    values: memoryValues(),
    log: recordingLog(),
    clock: systemClock,
    rng: seededRng(1),
    agentVersion: 'p2pshare-test/1',
    ...options,
    ...identity
  } as NetworkOptions)
  made.network.onLink(() => undefined)
  running.add(made)
  return made
}

export async function stopNode(node: Network): Promise<void> {
  running.delete(node)
  await node.network.stop()
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stopNode))
}

/** The digest that a text names. */
export const digest = (text: string): ContentKey => createHash('sha256').update(text).digest()

/** `count` different keys. */
export function keyList(name: string, count: number): KeyList {
  return { count, key: (index) => digest(`${name} ${index}`) }
}

/** A share with `chunks` chunks, one file. */
export function publication(share: string, chunks = 0): Publication {
  return {
    share,
    root: digest(share),
    files: keyList(`${share} file`, 1),
    chunks: keyList(`${share} chunk`, chunks)
  }
}

/** Searches until somebody is found; the DHT learns of new content after a moment. */
export async function findFirst(
  directory: Directory,
  key: ContentKey,
  signal = AbortSignal.timeout(15_000)
): Promise<Provider | undefined> {
  while (!signal.aborted) {
    for await (const provider of directory.find(key, { signal })) return provider
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return undefined
}

/** One whole search. */
export async function findAll(
  directory: Directory,
  key: ContentKey
): Promise<{ providers: Provider[]; reports: FindReport[] }> {
  const providers: Provider[] = []
  const reports: FindReport[] = []
  const signal = AbortSignal.timeout(15_000)
  for await (const provider of directory.find(key, { signal, onReport: (report) => reports.push(report) }))
    providers.push(provider)
  return { providers, reports }
}

/** Waits until a condition holds; fails loudly when it never does. */
export async function until(condition: () => boolean, what: string, timeout = 10_000): Promise<void> {
  const end = performance.now() + timeout
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
