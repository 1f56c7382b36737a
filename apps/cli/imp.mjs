import m from 'node:module'
m.enableCompileCache()
await import('@p2pshare/base')
const a = performance.now()
const mod = await import(process.argv[2])
console.log('import', (performance.now() - a).toFixed(1))
const b = performance.now()
mod.parseShareRef('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
console.log('parse', (performance.now() - b).toFixed(1))
