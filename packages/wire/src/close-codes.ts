/** Why a link is closed, as told to the other side and shown to people; see docs/protocol.md §7. */
export const CLOSE_CODES = {
  done: 0,
  'shutting-down': 1,
  'protocol-error': 2,
  'limit-exceeded': 3,
  'unrequested-data': 4,
  'bad-data': 5,
  banned: 6,
  'too-many-peers': 7,
  idle: 8,
  'no-progress': 9,
  duplicate: 10,
  internal: 11
} as const

/** Name of a close code. */
export type CloseCode = keyof typeof CLOSE_CODES
