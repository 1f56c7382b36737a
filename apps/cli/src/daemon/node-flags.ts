/**
 * Flags of Node for a daemon, for less memory at a few percent of speed (docs/performance.md). New objects get 3 × 3 MiB
 * instead of 3 × 16: those of a transfer die young either way. And old garbage is collected when the heap has doubled,
 * not quadrupled: a share of very many files makes much that is neither young nor needed any more.
 */
export const DAEMON_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=3', '--heap-growing-percent=100']
