/** The protocol of commands on other machines: HTTP/1.1, one call a stream (docs/protocol.md). */
export const CONTROL_PROTOCOL = '/p2pshare/control/1.0.0'
