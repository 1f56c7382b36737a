import type { PeerHint } from '../peers/participant.ts'

/** Addresses of a link that are used; a link is anybody's word. */
export const MOST_HINTS = 50

/** The addresses of a link that are worth a dial from here. */
export interface UsableHints {
  usable: PeerHint[]
  given: number
  leftOut: number
  /** Why some were left out, for people. */
  text: string | undefined
}

/** Chooses among the addresses of a link: at most {@link MOST_HINTS}, none that leads into another LAN. */
export function usableHints(
  hints: readonly PeerHint[],
  network: { acceptsHint(address: string): boolean }
): UsableHints {
  const used = hints.slice(0, MOST_HINTS)
  const usable = used.flatMap(({ peer, addresses }) => {
    const fitting = addresses.filter((address) => network.acceptsHint(address))
    return fitting.length === 0 ? [] : [{ peer, addresses: fitting }]
  })
  const misfits = used.length - usable.length
  const texts = [
    ...(misfits > 0
      ? [`${misfits} left out: not of the internet, nor of a network that this machine is on`]
      : []),
    ...(hints.length > used.length ? [`only the first ${MOST_HINTS} of ${hints.length} are used`] : [])
  ]
  return {
    usable,
    given: hints.length,
    leftOut: hints.length - usable.length,
    text: texts.length === 0 ? undefined : texts.join('; ')
  }
}
