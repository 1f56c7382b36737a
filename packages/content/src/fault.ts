import { ShareError } from '@p2pshare/base'

/** Why content is refused: data, since whoever made the DAG is a stranger. */
export interface ContentFault {
  readonly fault: ContentFaultCode
  /** One sentence for people; hostile text in it is already escaped. */
  readonly message: string
}

/** Kinds of {@link ContentFault}; with `content.` before them they are `ShareError` codes. */
export type ContentFaultCode =
  | 'bad-name'
  | 'bad-block'
  | 'bad-folder'
  | 'bad-size'
  | 'block-too-large'
  | 'hash-mismatch'
  | 'index-incomplete'
  | 'index-too-large'
  | 'share-too-large'
  | 'too-deep'
  | 'too-many-entries'
  | 'too-many-links'
  | 'too-many-pieces'
  | 'unsupported-cid'
  | 'unsupported-root'

const HINTS: Partial<Record<ContentFaultCode, string>> = {
  'bad-name': 'Ask whoever shared it to rename the entry; nothing was written.',
  'too-many-entries': 'Share parts of the folder, or pack it into one archive file.',
  'too-many-pieces': 'Share parts of the folder on their own.',
  'index-too-large': 'Share parts of the folder on their own.',
  'too-deep': 'Share a folder further down, or pack it into one archive file.',
  'unsupported-cid': 'Only UnixFS content (dag-pb or raw, hashed with sha2-256) can be shared.'
}

/** Makes a fault. */
export function contentFault(fault: ContentFaultCode, message: string): ContentFault {
  return { fault, message }
}

/** Tells a fault from any other answer of this package. */
export function isContentFault(value: unknown): value is ContentFault {
  return typeof value === 'object' && value !== null && 'fault' in value && 'message' in value
}

/** The fault as the project's error: code `content.<fault>`, fault `content`. */
export function contentError(fault: ContentFault): ShareError {
  return new ShareError({
    code: `content.${fault.fault}`,
    fault: 'content',
    message: fault.message,
    hint: HINTS[fault.fault] ?? 'The content is damaged or hostile; look for another copy.'
  })
}
