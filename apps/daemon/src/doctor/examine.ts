import { networkInterfaces } from 'node:os'
import type { Diagnosis } from '@p2pshare/control'
import type { NetworkCondition } from '@p2pshare/ports'
import { type DiskReserve, freeSpace } from '@p2pshare/storage'
import type { DiskFact } from './check.ts'
import { diagnose, isUsable } from './diagnose.ts'

/** What {@link examine} asks. */
export interface Patient {
  condition: () => NetworkCondition
  peerId: string
  network: string
  version: string
  warnings: readonly string[]
  /** Folders whose disks matter: what lies there, and where. */
  folders: readonly (readonly [what: string, path: string])[]
  /** What is left free of each. */
  reserve: DiskReserve
  limits: { up: number | null; down: number | null }
}

/** A disk of the network may hang; nobody waits longer for it, ms. */
const DISK_LIMIT = 2000

/** Gathers the facts, and says what they mean. */
export async function examine(patient: Patient): Promise<Diagnosis> {
  const { condition: ask, peerId, network, version, warnings, limits } = patient
  const condition = ask()
  const disks = await Promise.all(
    patient.folders.map(([what, path]) => diskFact(what, path, patient.reserve))
  )
  const checks = diagnose({
    ...{ condition, network, version, warnings, disks, limits },
    hasNetwork: hasNetwork(),
    now: Date.now()
  })
  return {
    running: true,
    usable: isUsable(checks),
    ...{ version, peerId, network, checks },
    condition: condition as Diagnosis['condition']
  }
}

async function diskFact(what: string, path: string, reserve: DiskReserve): Promise<DiskFact> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const limit = setTimeout(resolve, DISK_LIMIT, undefined)
  try {
    const free = await Promise.race([freeSpace(path, reserve), late])
    return { what, path, free, error: free === undefined ? 'it does not answer' : undefined }
  } catch (error) {
    return { what, path, free: undefined, error: (error as Error).message }
  } finally {
    clearTimeout(limit)
  }
}

function hasNetwork(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ internal }) => !internal) === true)
}
