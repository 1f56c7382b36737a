import type { Listener } from '@libp2p/interface'

/** Who listens where, by the multiaddr that was asked for. */
export class ListenerBook {
  readonly #open = new Map<string, Listener>()
  /** Ports that the system chose, by what was asked for: others have been told of them. */
  readonly #ports = new Map<string, number>()

  opened(address: string, listener: Listener): void {
    this.#open.set(address, listener)
    const chosen = listener
      .getAddrs()[0]
      ?.getComponents()
      .find(({ name }) => name === 'tcp')?.value
    if (chosen !== undefined && address.endsWith('/tcp/0')) this.#ports.set(address, Number(chosen))
  }

  closed(listener: Listener): void {
    for (const [address, open] of this.#open) if (open === listener) this.#open.delete(address)
  }

  /**
   * What is to be done so that exactly `wanted` are listened on.
   * @returns `open` are multiaddrs to listen on, with the port of last time where the system chooses one
   */
  plan(wanted: readonly string[]): { open: { address: string; at: string }[]; close: Listener[] } {
    const close = [...this.#open].filter(([address]) => !wanted.includes(address)).map(([, each]) => each)
    const open = wanted
      .filter((address) => !this.#open.has(address))
      .map((address) => {
        const port = this.#ports.get(address)
        return { address, at: port === undefined ? address : address.replace(/\/tcp\/0$/, `/tcp/${port}`) }
      })
    return { open, close }
  }

  /** A listener that was opened at another port than asked for stands for what was asked. */
  rename(from: string, to: string): void {
    const listener = this.#open.get(from)
    if (listener === undefined || from === to) return
    this.#open.delete(from)
    this.#open.set(to, listener)
  }
}
