import { isShareError } from '@p2pshare/base'
import type { ShareDetail } from '@p2pshare/control'
import { type ControlClient, createControlClient } from '@p2pshare/control/client'
import { expect } from 'vitest'
import type { DaemonProcess } from './daemon-process.ts'
import { eventually } from './eventually.ts'

/** What `seed` prints of one path. */
export interface Seeded {
  cid: string
  name: string
  size: number
  pieces: number
  link: string
  skipped: { path: string; reason: string }[]
}

/** A client of the daemon's own API, where starting a command for each look would be too slow. */
export function clientOf(daemon: DaemonProcess): ControlClient {
  return createControlClient({ socketPath: daemon.ready.socket })
}

/** Seeds one path by the command; the test fails when that fails. */
export async function seedPath(daemon: DaemonProcess, path: string): Promise<Seeded> {
  const seeded = await daemon.run(['seed', path])
  expect(seeded.code, seeded.stderr).toBe(0)
  return seeded.json() as unknown as Seeded
}

/** Fetches by the command to the end; the test fails when that fails. */
export async function fetchTo(
  daemon: DaemonProcess,
  ref: string,
  target: string,
  timeout = '30s'
): Promise<void> {
  const fetched = await daemon.run(['fetch', ref, '-o', target, '--timeout', timeout])
  expect(fetched.code, fetched.stderr).toBe(0)
}

/** What the daemon says of a share. */
export function detailOf(daemon: DaemonProcess, cid: string): Promise<ShareDetail> {
  return clientOf(daemon).shareStatus({ ref: cid })
}

/** Waits until a share is as wanted; it may be that the daemon does not know it yet. */
export function shareWhen(
  daemon: DaemonProcess,
  cid: string,
  wanted: (detail: ShareDetail) => boolean,
  what: string,
  limitMs?: number
): Promise<ShareDetail> {
  const look = async (): Promise<ShareDetail | undefined> => {
    try {
      const detail = await detailOf(daemon, cid)
      return wanted(detail) ? detail : undefined
    } catch (error) {
      if (isShareError(error, 'session.unknown-share')) return undefined
      throw error
    }
  }
  return eventually(look, `${daemon.options.name}: ${what}`, limitMs)
}
