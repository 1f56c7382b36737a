import { describe, expect, test } from 'vitest'
import { nearestName } from '../src/nearest-name.ts'

describe('the name that was probably meant', () => {
  test.each([
    ['sed', ['send', 'seed', 'fetch'], 'send'],
    ['fecth', ['seed', 'fetch'], 'fetch'],
    ['include_LAN', ['up', 'includeLan'], 'includeLan'],
    ['select', ['list', 'select'], 'select']
  ])('%s among %j is %s', (meant, names, near) => {
    expect(nearestName(meant, names)).toBe(near)
  })

  test('none where more than a third is wrong, or nothing was said', () => {
    expect(nearestName('abcdef', ['fedcba', 'abcxyz'])).toBeUndefined()
    expect(nearestName('', ['abc'])).toBeUndefined()
    expect(nearestName('--', ['abc'])).toBeUndefined()
  })

  test('guessing is bounded, however long the names and however many', () => {
    expect(nearestName('x'.repeat(4000), ['x'.repeat(3999)])).toBe('x'.repeat(3999))
    let asked = 0
    const endless = (function* () {
      for (;;) yield `name ${asked++}`
    })()
    expect(nearestName('something else', endless)).toBeUndefined()
    expect(asked).toBeLessThan(20_010)
  })
})
