import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { removeMember, setMember } from '../src/config/index.ts'

const FILE = `{
    "up" : "5MB/s",   "nested": { "up": [1, {"up": "}"}] },
    "text": "a \\"quoted\\", brace } and colon : ",

    "listen": ["/ip4/127.0.0.1/tcp/1",
               "/ip4/127.0.0.1/tcp/2"]
}
`

test('a value changes, and no other character', () => {
  expect(setMember(FILE, 'up', '1MB/s')).toBe(FILE.replace('"5MB/s"', '"1MB/s"'))
  expect(setMember(FILE, 'listen', ['/a'])).toBe(FILE.replace(/\["\/ip4[^\]]*\]/, '["/a"]'))
})

test('a new member goes to the end, indented as the first', () => {
  expect(setMember(FILE, 'mdns', false)).toBe(FILE.replace('tcp/2"]\n', 'tcp/2"],\n    "mdns": false\n'))
  expect(setMember('{ "a": 1 }', 'mdns', true)).toBe('{ "a": 1, "mdns": true }')
  expect(setMember('{"a":1}', 'mdns', true)).toBe('{"a":1, "mdns": true}')
  expect(setMember(' {\n} ', 'relayPlaces', 7)).toBe('{\n  "relayPlaces": 7\n}\n')
})

test('a member is removed with its comma, wherever it stands', () => {
  expect(removeMember('{"a":1, "b":2, "c":3}', 'a')).toBe('{"b":2, "c":3}')
  expect(removeMember('{"a":1, "b":2, "c":3}', 'b')).toBe('{"a":1, "c":3}')
  expect(removeMember('{"a":1, "b":2, "c":3}', 'c')).toBe('{"a":1, "b":2}')
  expect(removeMember('{ "a":1 }', 'a')).toBe('{  }')
  expect(removeMember('{"a":1, "b":2, "a":3}', 'a')).toBe('{"b":2}')
  expect(removeMember(FILE, 'absent')).toBe(FILE)
})

const json = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })

property.prop([
  json,
  fc.string(),
  fc.oneof(fc.string(), fc.array(fc.string())),
  fc.constantFrom(0, 1, 2, '\t')
])(
  'any object: set is what set is, remove takes it back, and the rest stays',
  (object, key, value, indent) => {
    fc.pre(key !== '__proto__' && !Object.hasOwn(object, '__proto__'))
    const text = JSON.stringify(object, null, indent)
    // As JSON has it, which knows no -0.
    const known = JSON.parse(text) as Record<string, unknown>
    const set = setMember(text, key, value)
    expect(JSON.parse(set)).toEqual({ ...known, [key]: value })
    const { [key]: _, ...rest } = known
    expect(JSON.parse(removeMember(set, key))).toEqual(rest)
  }
)
