/** The daemon: the one place where all parts are put together. */
export { type DaemonOptions, runDaemon } from './run-daemon.ts'
