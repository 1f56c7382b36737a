import { z } from 'zod'
import { ROLES } from './access.ts'

/** Peers on other machines that may be authorised. */
export const MOST_AUTHORISED = 64

/** The peer id of a command (`p2pshare id --client`): those are Ed25519 keys, in base58. */
export const clientPeerId = z
  .string()
  .regex(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/, 'not the peer id of a command: see p2pshare id --client there')

/** A short name of the user's own, without what a terminal would take for a command. */
export const peerLabel = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u, 'a name has 1 to 64 letters, digits, blanks, dots, _ or -')

/** `authorize`: lets a peer call from now on, or changes its role; without a peer id only answers who may. */
export const authorizeRequest = z
  .strictObject({
    peerId: clientPeerId.optional(),
    role: z.enum(ROLES).optional(),
    name: peerLabel.optional()
  })
  .refine((asked) => (asked.peerId === undefined) === (asked.role === undefined), 'a peer id needs a role')
/** See {@link authorizeRequest}. */
export type AuthorizeRequest = z.infer<typeof authorizeRequest>

/** A peer that may call. */
export const authorisedPeer = z.object({
  peerId: z.string(),
  role: z.enum(ROLES),
  name: z.string().optional(),
  /** Wall time, ms, of its first authorisation. */
  since: z.number()
})
/** See {@link authorisedPeer}. */
export type AuthorisedPeer = z.infer<typeof authorisedPeer>

/** Answer of `authorize`. */
export const authorisedList = z.object({ authorised: z.array(authorisedPeer).max(MOST_AUTHORISED) })
/** See {@link authorisedList}. */
export type AuthorisedList = z.infer<typeof authorisedList>

/** `unauthorize`: a peer id, or the name it was given. */
export const unauthorizeRequest = z.strictObject({ peer: z.string().min(1).max(200) })
/** See {@link unauthorizeRequest}. */
export type UnauthorizeRequest = z.infer<typeof unauthorizeRequest>

/** Answer of `unauthorize`: who may no longer call. */
export const unauthorizeResult = z.object({ peerId: z.string(), name: z.string().optional() })
/** See {@link unauthorizeResult}. */
export type UnauthorizeResult = z.infer<typeof unauthorizeResult>
