/** Signals that end a program at once, with their numbers. */
const DEADLY = { SIGTERM: 15, SIGHUP: 1 } as const

/**
 * Runs once, whatever ends this process but SIGKILL: to give back a terminal.
 * @returns runs it now
 */
export function atEnd(run: () => void): () => void {
  const ends = Object.entries(DEADLY).map(([signal, number]) => ({
    signal,
    onSignal: () => process.exit(128 + number)
  }))
  const once = (): void => {
    process.off('exit', once)
    for (const { signal, onSignal } of ends) process.off(signal, onSignal)
    run()
  }
  process.on('exit', once)
  for (const { signal, onSignal } of ends) process.on(signal, onSignal)
  return once
}
