import { createSocket, type Socket } from 'node:dgram'
import { PORT_MAPPING } from '../../limits/index.ts'
import { addressRequest, mapRequest, NAT_PMP_OP, type NatPmpAnswer, readAnswer } from './nat-pmp-message.ts'
import {
  failed,
  isPort,
  type Mapping,
  type MappingResult,
  type MappingWish,
  type PortMapper
} from './port-mapper.ts'

/** UDP port of routers (RFC 6886). */
const PORT = 5351

/** What a question came to: an answer, something that is none, or silence. */
type Outcome = NatPmpAnswer | { kind: 'nonsense' } | { kind: 'silence' }

/** A router asked by NAT-PMP: messages of 2 to 16 bytes over UDP. */
export class NatPmp implements PortMapper {
  readonly protocol = 'nat-pmp'
  readonly #gateway: string
  readonly #local: string
  readonly #port: number
  readonly #wait: number

  /** @param init - the router's port and the first wait for its answer, for tests */
  constructor(gateway: string, local: string, init: { port?: number; wait?: number } = {}) {
    this.#gateway = gateway
    this.#local = local
    this.#port = init.port ?? PORT
    this.#wait = init.wait ?? PORT_MAPPING.natPmpWait
  }

  /** Whether the router speaks NAT-PMP at all; a refusal is an answer, too. */
  async speaks(signal: AbortSignal): Promise<'yes' | 'no' | 'nonsense'> {
    const { kind } = await this.#ask(addressRequest(), NAT_PMP_OP.address, signal)
    return kind === 'silence' ? 'no' : kind === 'nonsense' ? 'nonsense' : 'yes'
  }

  async map(wish: MappingWish, signal: AbortSignal): Promise<MappingResult> {
    const outside = await this.#ask(addressRequest(), NAT_PMP_OP.address, signal)
    if (outside.kind !== 'address') return this.#failure(outside)
    const request = mapRequest(wish.internalPort, wish.externalPort, PORT_MAPPING.leaseSeconds)
    const answer = await this.#ask(request, NAT_PMP_OP.mapTcp, signal)
    if (answer.kind !== 'mapped') return this.#failure(answer)
    const { externalPort, internalPort, lifetimeSeconds } = answer
    if (!isPort(externalPort) || internalPort !== wish.internalPort || lifetimeSeconds === 0)
      return this.#failure({ kind: 'nonsense' })
    return { mapping: { externalHost: outside.host, externalPort, lifetime: lifetimeSeconds * 1000 } }
  }

  async unmap(wish: MappingWish, _mapping: Mapping, signal: AbortSignal): Promise<void> {
    await this.#ask(mapRequest(wish.internalPort, 0, 0), NAT_PMP_OP.mapTcp, signal)
  }

  #failure(outcome: Outcome): MappingResult {
    if (outcome.kind === 'refused') return failed('refused', `The router refuses: ${outcome.text}.`)
    if (outcome.kind === 'silence') return failed('no-router', 'The router no longer answers over NAT-PMP.')
    return failed('nonsense', 'The router answers over NAT-PMP with something that makes no sense.')
  }

  /** Asks until there is an answer; waits twice as long after each try. */
  #ask(request: Buffer, op: number, signal: AbortSignal): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const socket = createSocket('udp4')
    let seen: Outcome = { kind: 'silence' }
    let timer: NodeJS.Timeout | undefined
    const end = (outcome: Outcome): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      closeQuietly(socket)
      resolve(outcome)
    }
    const onAbort = (): void => end({ kind: 'silence' })
    const send = (tries: number): void => {
      if (tries === PORT_MAPPING.natPmpTries) return end(seen)
      socket.send(request, (error) => {
        // ECONNREFUSED comes when nobody listens there: no need to wait.
        if (error !== null) end(seen)
      })
      timer = setTimeout(send, this.#wait * 2 ** tries, tries + 1)
    }
    socket.on('error', () => end(seen))
    socket.on('message', (message) => {
      const answer = readAnswer(message, op)
      if (answer === undefined) seen = { kind: 'nonsense' }
      else end(answer)
    })
    if (signal.aborted) onAbort()
    else {
      signal.addEventListener('abort', onAbort, { once: true })
      socket.bind({ address: this.#local }, () => {
        // A connected socket hears only the router.
        socket.connect(this.#port, this.#gateway, () => send(0))
      })
    }
    return promise
  }
}

/** A socket may have been closed by the error that ends it. */
function closeQuietly(socket: Socket): void {
  try {
    socket.close()
  } catch {
    // Closed already.
  }
}
