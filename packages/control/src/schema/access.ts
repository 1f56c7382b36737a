import type { ControlMethod } from './methods.ts'

/** What a peer on another machine may do: look, or also steer. */
export const ROLES = ['read', 'control'] as const
/** See {@link ROLES}. */
export type Role = (typeof ROLES)[number]

/**
 * Who may make each call from another machine. `read` changes nothing here. `local` is for nobody elsewhere: who may
 * call must not be decided by callers, what this machine's owner writes into its configuration counts when the owner
 * says so, and a daemon that was stopped cannot be started from elsewhere.
 */
export const METHOD_ACCESS: Readonly<Record<ControlMethod, Role | 'local'>> = {
  seed: 'control',
  fetch: 'control',
  // It tells whether files are there.
  checkFetch: 'control',
  observe: 'read',
  entries: 'read',
  // What it reads may have to be fetched first.
  read: 'control',
  select: 'control',
  list: 'read',
  status: 'read',
  shareStatus: 'read',
  why: 'read',
  remove: 'control',
  pause: 'control',
  resume: 'control',
  verify: 'control',
  relocate: 'control',
  queue: 'control',
  stopWhen: 'control',
  relay: 'control',
  reload: 'local',
  limit: 'control',
  peers: 'read',
  watch: 'control',
  unwatch: 'control',
  authorize: 'local',
  unauthorize: 'local',
  connect: 'control',
  measure: 'read',
  metrics: 'read',
  id: 'read',
  doctor: 'read',
  shutdown: 'local'
}
