import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { elementsNamed, escapeXml, readXml, textOf, type XmlElement } from '../../../src/reach/mapping/xml.ts'

function read(document: string): XmlElement {
  const root = readXml(document)
  if (root === undefined) throw new Error('it can be read')
  return root
}

test('elements, text, prefixes, attributes, comments and CDATA', () => {
  const root = read(`<?xml version="1.0"?>
<s:Envelope xmlns:s="http://x/"><!-- <a> --><s:Body><u:R a='1'><N> 5.5.1.2 </N><E/><C><![CDATA[<&]]></C></u:R></s:Body></s:Envelope>
`)
  expect(root.name).toBe('Envelope')
  expect(textOf(root, 'N')).toBe('5.5.1.2')
  expect(textOf(root, 'C')).toBe('<&')
  expect(elementsNamed(root, 'E')).toHaveLength(1)
  expect(textOf(root, 'X')).toBeUndefined()
})

test.each([
  ['nothing', ''],
  ['not closed', '<a><b></a>'],
  ['closed twice', '<a></a></a>'],
  ['two roots', '<a/><b/>'],
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ['too deep', '<a>'.repeat(100) + '</a>'.repeat(100)],
  ['too many', `<a>${'<b/>'.repeat(100_000)}</a>`],
  ['a tag without an end', `<${'a'.repeat(100_000)}`],
  ['attributes without an end', `<a ${'b="/" '.repeat(20_000)}`]
])('%s is refused at once', (_, document) => {
  expect(readXml(document)).toBeUndefined()
})

test('entities that XML itself does not have stay as they are: nothing can grow', () => {
  expect(readXml('<a>&amp;lol;&lol;</a>')?.text).toBe('&lol;&lol;')
})

property.prop([fc.string()])('text comes back as it was', (text) => {
  expect(readXml(`<a>${escapeXml(text)}</a>`)?.text).toBe(text)
})

property.prop([fc.array(fc.constantFrom('<', '>', '/', 'a', ' ', '&', ';', '!', '-', '[', ']', '?'))])(
  'any text is read or refused',
  (parts) => {
    expect(() => readXml(parts.join(''))).not.toThrow()
  }
)
