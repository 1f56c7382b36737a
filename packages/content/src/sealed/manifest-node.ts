/** A file or folder of a private share. */
export interface SealedEntry {
  readonly kind: 'file' | 'folder'
  /** Names from the root down; empty when the share is one file. They passed the name gate. Made when asked for. */
  readonly path: readonly string[]
  /** The same, as every system can store them. */
  readonly diskPath: readonly string[]
  /** Content bytes; 0 for a folder. */
  readonly size: number
  /** Where its content begins among the plain bytes of the share. */
  readonly offset: number
}

/**
 * An entry that knows its own name and its folder, no more: with whole paths, half a megabyte of manifest, 100,000
 * entries in a folder 63 deep, would take half a gigabyte of memory.
 */
export class ManifestNode implements SealedEntry {
  readonly kind: 'file' | 'folder'
  readonly size: number
  /** Of a share that is one file: of that share, and no part of a path. */
  readonly name: string
  /** Undefined in the root. */
  readonly folder: ManifestNode | undefined
  /** The name as every system can store it; of what lies in a folder. */
  diskName: string | undefined
  offset = 0

  constructor({ kind, size, name, folder }: Pick<ManifestNode, 'kind' | 'size' | 'name' | 'folder'>) {
    this.kind = kind
    this.size = size
    this.name = name
    this.folder = folder
  }

  get path(): readonly string[] {
    return namesOf(this, ({ name }) => name)
  }

  get diskPath(): readonly string[] {
    return namesOf(this, ({ diskName }) => diskName ?? '')
  }
}

/** The one file of a share has no name on disk but that of the share, and so no names. */
function namesOf(entry: ManifestNode, nameOf: (node: ManifestNode) => string): string[] {
  const names: string[] = []
  for (let node: ManifestNode | undefined = entry; node?.diskName !== undefined; node = node.folder)
    names.push(nameOf(node))
  return names.reverse()
}
