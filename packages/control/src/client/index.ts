/** The caller's side of the local API; loads neither zod nor hono, and node:http with the first call. */
export * from '../home.ts'
export * from '../small-file.ts'
export * from '../stop-limits.ts'
export * from './client.ts'
