/** What config.json may hold, for the daemon and for the commands that show and change it; loads zod. */
export * from './config-key.ts'
export * from './config-keys.ts'
export * from './config-text.ts'
export * from './config-value.ts'
export * from './hook-program.ts'
export * from './log-levels.ts'
export * from './tcp-address.ts'
export * from './unknown-keys.ts'
