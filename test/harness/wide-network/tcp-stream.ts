import { connect, createServer } from 'node:net'

// One plain TCP stream between two hosts, see plain-tcp.ts. Ends when stdin does, so that nothing stays behind.
//   tcp-stream.ts send <address> <bytes>          prints its port; sends the bytes to each who connects
//   tcp-stream.ts receive <address> <port>        prints the seconds from before the connection to the last byte

const [role, address = '', number = '0'] = process.argv.slice(2)
const CHUNK = Buffer.alloc(256 * 1024, 7)

process.stdin.on('close', () => process.exit()).resume()
if (role === 'send') send(address, Number(number))
else if (role === 'receive') receive(address, Number(number))
else process.exit(2)

function send(host: string, size: number): void {
  const server = createServer({ noDelay: true }, (socket) => {
    let left = size
    const more = (): void => {
      while (left > 0) {
        const part = CHUNK.subarray(0, Math.min(left, CHUNK.byteLength))
        left -= part.byteLength
        if (!socket.write(part)) return void socket.once('drain', more)
      }
      socket.end()
    }
    socket.on('error', () => socket.destroy())
    more()
  })
  server.listen(0, host, () => {
    const place = server.address()
    if (place !== null && typeof place === 'object') process.stdout.write(`${place.port}\n`)
  })
}

function receive(host: string, port: number): void {
  const began = performance.now()
  connect(port, host)
    .on('end', () => process.stdout.write(`${(performance.now() - began) / 1000}\n`))
    .resume()
}
