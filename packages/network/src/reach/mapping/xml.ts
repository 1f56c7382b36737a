import { PORT_MAPPING } from '../../limits/index.ts'

/** One element: its name without a namespace prefix, its own text, and what stands in it. */
export interface XmlElement {
  name: string
  text: string
  children: XmlElement[]
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
/** A tag, comment, CDATA section or instruction, or the text before the next one; each alternative is linear. */
const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([^\s<>/]+)(?=[\s/>])[^<>]*?(\/?)>|([^<]+)/y

/**
 * Reads the little of XML that routers speak: elements and text. Attributes are passed over; only the five entities
 * that XML itself has are known, and a document type is refused, so nothing can be expanded or fetched.
 * @returns the outermost element; undefined for what is not well-formed, too deep, or too much
 */
export function readXml(document: string): XmlElement | undefined {
  const outside: XmlElement = { name: '', text: '', children: [] }
  const open = [outside]
  let count = 0
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < document.length) {
    const match = TOKEN.exec(document)
    const inner = open.at(-1)
    if (match === null || inner === undefined) return undefined
    const [, cdata, slash, tag, empty, text] = match
    if (text !== undefined || cdata !== undefined) inner.text += cdata ?? plain(text ?? '')
    if (tag === undefined) continue
    const name = tag.slice(tag.indexOf(':') + 1)
    if (name.startsWith('!') || ++count > 2 * PORT_MAPPING.maxElements) return undefined
    if (slash === '/') {
      if (open.length === 1 || inner.name !== name) return undefined
      open.pop()
      continue
    }
    const element = { name, text: '', children: [] }
    inner.children.push(element)
    if (empty !== '/' && open.push(element) > PORT_MAPPING.maxDepth) return undefined
  }
  const [first, second] = outside.children
  return open.length === 1 && second === undefined ? first : undefined
}

/** All elements of a name, at any depth, in order. */
export function elementsNamed(element: XmlElement, name: string): XmlElement[] {
  return [
    ...(element.name === name ? [element] : []),
    ...element.children.flatMap((child) => elementsNamed(child, name))
  ]
}

/** The text of the first element of a name at any depth, without blanks around it. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return elementsNamed(element, name)[0]?.text.trim()
}

/** Text that may stand in an element. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (sign) => (sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : '&amp;'))
}

function plain(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '')
}
