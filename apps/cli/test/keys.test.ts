import { expect, test } from 'vitest'
import { type Key, readNamedKeys } from '../src/live/named-keys.ts'
import { Keyboard } from './keyboard.ts'

const shown = ({ name, text, ctrl }: Key): string =>
  `${ctrl ? 'ctrl-' : ''}${name}${text === '' ? '' : `:${text}`}`

/** What comes of bytes, one list for each time that keys are told. */
function reading(): { keyboard: Keyboard; told: string[][]; stop: () => void; next: () => Promise<void> } {
  const keyboard = new Keyboard()
  const told: string[][] = []
  let wake: (() => void) | undefined
  const stop = readNamedKeys(keyboard, (keys) => {
    told.push(keys.map(shown))
    wake?.()
  })
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  return { keyboard, told, stop, next }
}

test('keys of several bytes are one, also where they come in parts', () => {
  const { keyboard, told, stop } = reading()
  keyboard.press('\u001b[A\u001b[B\u001bOC\u001b[5~a /A\r\t\u007f\u0003')
  keyboard.press('\u001b[')
  keyboard.press('D')
  const [first = 0, second = 0] = Buffer.from('é')
  keyboard.press(Uint8Array.of(first))
  keyboard.press(Uint8Array.of(second))
  expect(told).toEqual([
    ['up', 'down', 'right', 'pageup', 'a:a', 'space: ', ':/', 'a:A', 'return', 'tab', 'backspace', 'ctrl-c'],
    ['left'],
    [':é']
  ])
  stop()
  expect(keyboard.modes).toEqual([true, false])
})

test('escape alone is a key, soon', async () => {
  const { keyboard, told, stop, next } = reading()
  const came = next()
  keyboard.press('\u001b')
  expect(told).toEqual([])
  await came
  expect(told).toEqual([['escape']])
  stop()
})

test('bytes that are no text write nothing', () => {
  const { keyboard, told, stop } = reading()
  keyboard.press(Uint8Array.of(0, 1, 0x9b, 0xff, 0xfe))
  for (const key of told.flat()) expect(key).not.toMatch(/:\p{Cc}/u)
  keyboard.press('b')
  expect(told.at(-1)).toEqual(['b:b'])
  stop()
})
