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
  const tree = new XmlTree()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < document.length) {
    const match = TOKEN.exec(document)
    if (match === null) return undefined
    const [, cdata, slash, tag, empty, text] = match
    if (tag === undefined) tree.addText(cdata ?? plain(text ?? ''))
    else if (!(slash === '/' ? tree.close(tag) : tree.open(tag, empty === '/'))) return undefined
  }
  return tree.root()
}

/** A document as it is read; `open` and `close` answer false for what breaks a rule. */
class XmlTree {
  readonly #outside: XmlElement = { name: '', text: '', children: [] }
  /** Elements that are not closed yet, the innermost last. */
  readonly #path = [this.#outside]
  #count = 0

  addText(text: string): void {
    const inner = this.#path.at(-1)
    if (inner !== undefined) inner.text += text
  }

  open(tag: string, isEmpty: boolean): boolean {
    if (tag.startsWith('!') || ++this.#count > PORT_MAPPING.maxElements) return false
    const element = { name: localName(tag), text: '', children: [] }
    this.#path.at(-1)?.children.push(element)
    return isEmpty || this.#path.push(element) <= PORT_MAPPING.maxDepth
  }

  close(tag: string): boolean {
    return this.#path.length > 1 && this.#path.pop()?.name === localName(tag)
  }

  root(): XmlElement | undefined {
    const { children } = this.#outside
    return this.#path.length === 1 && children.length === 1 ? children[0] : undefined
  }
}

function localName(tag: string): string {
  return tag.slice(tag.indexOf(':') + 1)
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
