import { describe, expect, test } from 'vitest'
import { filesMatching, readText } from './repository.ts'

const sources = filesMatching('{packages,apps}/*/src/**/*.ts').map(readText)

/** Headings are what users read on the screen, with `…` for what differs each time. */
const quoted = [...readText('docs/troubleshooting.md').matchAll(/^### (.+)$/gm)].flatMap(([, heading = '']) =>
  [...heading.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message)
)

describe('docs/troubleshooting.md', () => {
  test('quotes messages', () => {
    expect(quoted.length).toBeGreaterThan(20)
  })

  test.each(quoted)('%s is said somewhere in the sources', (message) => {
    const parts = message.split('…').filter((part) => part.trim() !== '')
    expect(parts.length).toBeGreaterThan(0)
    expect(sources.some((source) => parts.every((part) => source.includes(part)))).toBe(true)
  })
})
