import { generateKeyPair } from '@libp2p/crypto/keys'
import { seededRng } from '@p2pshare/base'
import { createNetwork } from '@p2pshare/network'
import { memoryValues, realClock, silentLog } from '../../test/harness/node-parts.ts'

// A network of many peers in one process, for the benchmark `idle`. Prints an address of each as a JSON line
// when all are there, and ends with its stdin.
//   idle-peers.ts <address> <count>

const [address = '127.0.0.1', count = '0'] = process.argv.slice(2)
process.stdin.on('close', () => process.exit()).resume()

const known: string[] = []
for (let i = 0; i < Number(count); i++) {
  const { network } = await createNetwork({
    privateKey: await generateKeyPair('Ed25519'),
    listen: [`/ip4/${address}/tcp/0`],
    bootstrap: known.slice(0, 1),
    network: { kind: 'local' },
    mdns: false,
    values: memoryValues(),
    log: silentLog,
    clock: realClock,
    rng: seededRng(i),
    agentVersion: 'p2pshare/idle'
  })
  network.onLink((link) => link.close('done'))
  await network.start()
  known.push(...network.addresses().slice(0, 1))
}
process.stdout.write(`${JSON.stringify(known)}\n`)
