/** The caller's side of the local API; loads neither zod nor hono. */
export * from './client.ts'
