import { printable } from '@p2pshare/base'

/** Why a dial came to nothing. */
export type DialFailureKind =
  | 'refused'
  | 'timed-out'
  | 'unreachable'
  | 'behind-nat'
  | 'no-name'
  | 'wrong-peer'
  | 'failed'

/** One address that was dialled, or left out, and what was wrong. */
export interface FailedAddress {
  address: string
  error: unknown
}

/** Nobody answered within the time for one address. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** Every address of a peer came to nothing. */
export class DialsFailedError extends AggregateError {
  override readonly name = 'DialsFailedError'
  readonly kind: DialFailureKind

  /** @param hidden - the peer is only told of behind a relay, or at addresses of a LAN that is not ours */
  constructor(failed: readonly FailedAddress[], hidden: boolean) {
    const kinds = failed.map(({ error }) => kindOf(error))
    super(
      failed.map(({ error }) => error),
      summary(kinds, failed)
    )
    const kind = worst(kinds)
    this.kind = hidden && kind !== 'refused' ? 'behind-nat' : kind
  }
}

/** Which kind of failure an error of one address is. */
export function kindOf(error: unknown): DialFailureKind {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const kind = kindOfOne(at)
    if (kind !== undefined) return kind
  }
  return 'failed'
}

function kindOfOne(error: Error): DialFailureKind | undefined {
  if (error instanceof DialsFailedError) return error.kind
  const code = (error as { code?: string }).code ?? CODE.exec(error.message)?.[0] ?? ''
  return KINDS[code] ?? KINDS[error.name] ?? (SOMEBODY_ELSE.test(error.message) ? 'wrong-peer' : undefined)
}

const KINDS: Readonly<Record<string, DialFailureKind>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed-out',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EINVAL: 'unreachable',
  EACCES: 'unreachable',
  NameError: 'no-name',
  NoAnswerError: 'timed-out',
  TimeoutError: 'timed-out',
  UnexpectedPeerError: 'wrong-peer',
  InvalidCryptoExchangeError: 'wrong-peer'
}
/** What noise says, whose errors all have one name. */
const SOMEBODY_ELSE = /does not match expected remote identity key/
const CODE = /\bE(?:CONNREFUSED|TIMEDOUT|HOSTUNREACH|NETUNREACH|ADDRNOTAVAIL|INVAL|ACCES)\b/

const WORDS: Readonly<Record<DialFailureKind, string>> = {
  refused: 'refused',
  'timed-out': 'did not answer',
  unreachable: 'have no route from here',
  'behind-nat': 'are behind a NAT',
  'no-name': 'have a name that DNS does not resolve',
  'wrong-peer': 'are somebody else',
  failed: 'failed'
}

/** What says most about the peer: silence (a firewall, a NAT) before a closed port, a missing route last. */
function worst(kinds: readonly DialFailureKind[]): DialFailureKind {
  const order: DialFailureKind[] = ['timed-out', 'refused', 'wrong-peer', 'no-name', 'failed', 'unreachable']
  return order.find((kind) => kinds.includes(kind)) ?? 'failed'
}

function summary(kinds: readonly DialFailureKind[], failed: readonly FailedAddress[]): string {
  const [only] = failed
  if (only !== undefined && failed.length === 1) {
    const text = only.error instanceof Error ? only.error.message : String(only.error)
    return `${printable(only.address)}: ${printable(text, 160)}`
  }
  const counts = new Map<DialFailureKind, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const parts = [...counts].map(([kind, count]) => `${count} ${WORDS[kind]}`)
  return `of ${failed.length} addresses ${parts.join(', ')}`
}
