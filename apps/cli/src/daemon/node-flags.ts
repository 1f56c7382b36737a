/**
 * Flags of Node for a daemon. New objects get 3 × 3 MiB instead of 3 × 16: those of a transfer die young either way,
 * so it costs a few percent of speed and saves some 40 MiB (docs/performance.md).
 */
export const DAEMON_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=3']
