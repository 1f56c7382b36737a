#!/usr/bin/env node
// No static import here: an old Node must get this far and say so, instead of failing inside a dependency.
// The syntax stays plain for the same reason.
;(async function () {
  var parts = process.versions.node.split('.').map(Number)
  var major = parts[0]
  var enough = major >= 26 || (major === 24 && parts[1] >= 15)
  if (!enough) {
    process.stderr.write(
      'p2pshare: needs Node 24.15 or later of line 24, or 26 and later; this is ' +
        process.versions.node +
        ' at ' +
        process.execPath +
        '\n'
    )
    process.exitCode = 69
    return
  }
  var nodeModule = await import('node:module')
  nodeModule.enableCompileCache()
  var cli = await import('../src/main.ts')
  await cli.start(process.argv.slice(2))
})()
