#!/usr/bin/env node
// No static import here: an old Node must get this far and say so, instead of failing inside a dependency.
// The syntax stays plain for the same reason.
async function run() {
  const parts = process.versions.node.split('.').map(Number)
  const enough = parts[0] >= 26 || (parts[0] === 24 && parts[1] >= 15)
  if (!enough) {
    process.stderr.write(
      'p2pshare: needs Node 26 or later, or 24.15 or later of line 24; this is ' +
        process.versions.node +
        ' at ' +
        process.execPath +
        '\n'
    )
    process.exitCode = 69
    return
  }
  const args = process.argv.slice(2)
  if (args[0] === '--version' && args.every((arg) => arg === '--version' || arg === '--json')) {
    // Nothing else is loaded for it.
    const fs = await import('node:fs')
    const own = JSON.parse(fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    // Errors other than a reader that left: a full disk.
    process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 6))
    process.stdout.write(own.version + '\n')
    return
  }
  const nodeModule = await import('node:module')
  nodeModule.enableCompileCache()
  const cli = await import('../src/main.ts')
  await cli.start(args)
}

void run()
