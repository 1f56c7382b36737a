export * from './time/virtual-clock.ts'
