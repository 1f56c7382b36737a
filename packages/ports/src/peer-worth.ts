/**
 * What a connected peer is to the shares of this node, for the choice of whose connections are kept when there are
 * too many.
 */
export interface PeerWorth {
  /** Content moves between us now, or was asked for and is awaited. */
  transferring: boolean
  /** Shares that both of us take part in. */
  shares: number
  /** It has pieces that we still want. */
  wanted: boolean
  /** It wants pieces of ours. */
  wanting: boolean
}
