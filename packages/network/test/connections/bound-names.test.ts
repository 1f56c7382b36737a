import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Resolver } from 'node:dns/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { BoundInterface } from '../../src/connections/bound-interface.ts'
import { boundNames } from '../../src/connections/bound-names.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('questions leave from the bound address, and from none while it is gone', async () => {
  const server = createSocket('udp4').bind(0, '127.0.0.1')
  await once(server, 'listening')
  const askers: string[] = []
  server.on('message', (question, { address, port }) => {
    askers.push(address)
    // "No such name": the question, marked as an answer.
    const answer = Buffer.from(question)
    answer[2] = 0x81
    answer[3] = 0x83
    server.send(answer, port, address)
  })
  vi.spyOn(Resolver.prototype, 'getServers').mockReturnValue([
    `127.0.0.1:${server.address().port}`,
    '[2001:db8::1]:53'
  ])
  let local = new Map([['vpn0', ['127.0.0.2']]])
  const names = boundNames(new BoundInterface('vpn0', local), () => local)
  try {
    await expect(names.addresses('example.com', 4)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(names.texts('_dnsaddr.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect(new Set(askers)).toEqual(new Set(['127.0.0.2']))
    const before = askers.length
    local = new Map()
    await expect(names.addresses('example.com', 4)).rejects.toMatchObject({ code: 'network.bind-missing' })
    local = new Map([['vpn0', ['2001:db8::77']]])
    await expect(names.addresses('example.com', undefined)).rejects.toBeDefined()
    expect(askers).toHaveLength(before)
  } finally {
    server.close()
  }
})
