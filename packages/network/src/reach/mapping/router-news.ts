import { createSocket } from 'node:dgram'
import { NAT_PMP_OP, readAnswer } from './nat-pmp-message.ts'
import type { Route } from './port-mapper.ts'

/** Where a router that speaks NAT-PMP tells all hosts that it was restarted or has a new address (RFC 6886, 3.2.1). */
const PLACE = { group: '224.0.0.1', port: 5350 }

/**
 * Listens for a router's word that it was restarted. A hint only: whoever forges it makes us renew what we have.
 * @returns ends the listening
 */
export function hearRouter({ gateway, local }: Route, onNews: () => void): () => void {
  if (gateway === undefined) return () => undefined
  // Other programs of this machine listen there, too.
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  let isOpen = true
  const close = (): void => {
    if (isOpen) socket.close()
    isOpen = false
  }
  socket.on('error', close)
  socket.on('message', (message, { address }) => {
    if (address === gateway && readAnswer(message, NAT_PMP_OP.address) !== undefined) onNews()
  })
  socket.bind(PLACE.port, () => {
    try {
      socket.addMembership(PLACE.group, local)
    } catch {
      // The address has just gone.
      close()
    }
  })
  socket.unref()
  return close
}
