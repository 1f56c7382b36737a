import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { repositoryRoot } from './root.mjs'

const POLL_MS = 250

/** @param {number} pid @returns {boolean} */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Takes the lock if nobody alive has it. A hard link makes it appear together with its owner's pid.
 * @param {string} lock @param {string} own
 * @returns {boolean}
 */
function tryLock(lock, own) {
  try {
    linkSync(own, lock)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
  }
  try {
    if (!isAlive(Number(readFileSync(lock, 'utf8')))) renameSync(lock, `${own}.stale`)
  } catch (error) {
    // Released, or cleared by another waiter, in between.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
  }
  return false
}

/**
 * Runs `work` while no other process of this checkout does; one that died holding the lock is passed over.
 *
 * @param {() => Promise<void>} work
 * @returns {Promise<void>}
 */
export async function withInstallLock(work) {
  const folder = join(repositoryRoot, '.tmp')
  const lock = join(folder, 'install.lock')
  const own = join(folder, `install.${process.pid}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(own, String(process.pid))
  let told = false
  try {
    while (!tryLock(lock, own)) {
      if (!told) process.stderr.write('waiting for another npm ci in this checkout …\n')
      told = true
      await delay(POLL_MS)
    }
    try {
      await work()
    } finally {
      rmSync(lock, { force: true })
    }
  } finally {
    rmSync(own, { force: true })
    rmSync(`${own}.stale`, { force: true })
  }
}
