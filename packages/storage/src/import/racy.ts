/**
 * File times advance in steps of up to 10 ms (Linux's tick): a change within the same step as the
 * last one cannot be seen. A file that old or younger is left to rest first (git's "racy" index).
 */
export const RACY_MS = 50
