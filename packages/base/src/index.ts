/** What every other package speaks in: units, bit sets, errors, time and randomness. Pure. */
export * from './bitfield.ts'
export * from './clock.ts'
export * from './escape.ts'
export * from './network-key.ts'
export * from './quantity.ts'
export * from './rng.ts'
export * from './share-error.ts'
export * from './units.ts'
