/** The caller's side of commands for daemons on other machines; loads no DHT and no swarm links. */
export { callerId, type DaemonDial, type DialledDaemon, dialDaemon } from './dial-daemon.ts'
