import type { ShareDriver } from '@p2pshare/session'

/** A state is told at least this often, in ms … */
const SLOWEST = 500
/** … and not more often than this, but for the last one. */
const FASTEST = 100

/**
 * Waits until there may be something new to tell of a share: for a change, but a while at most, and never so short that
 * states flood who reads them.
 * @param isOver - whether what is there now is the last to tell; then there is no more waiting
 */
export async function nextChange(
  share: Pick<ShareDriver, 'onChange'>,
  signal: AbortSignal,
  isOver: () => boolean = () => false
): Promise<void> {
  const told = performance.now()
  await changeOf(share, { ms: SLOWEST, signal, isOver, counts: () => true })
  const early = FASTEST - (performance.now() - told)
  if (early > 0) await changeOf(share, { ms: early, signal, isOver, counts: isOver })
}

interface Wait {
  ms: number
  signal: AbortSignal
  isOver: () => boolean
  counts: () => boolean
}

/** Waits for a change after which `counts` holds, `ms` at most; not at all once it is over. */
function changeOf(share: Pick<ShareDriver, 'onChange'>, { ms, signal, isOver, counts }: Wait): Promise<void> {
  if (isOver() || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      stopListening()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    const stopListening = share.onChange(() => {
      if (counts()) done()
    })
    signal.addEventListener('abort', done, { once: true })
  })
}
