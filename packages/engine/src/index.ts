/** Every decision of the swarm, no I/O. */
export type * from './swarm/events.ts'
