import { KiB, MiB } from '@p2pshare/base'

/**
 * Every limit on content, in one place. A share beyond one of them is refused whole, before a
 * byte of it touches the disk. Sizes are bytes unless the text says otherwise.
 */

/** Largest block, leaf or index: what bitswap and other IPFS nodes carry at most. */
export const MAX_BLOCK_SIZE = 2 * MiB
/** Pieces of one share: 2 TiB of 1 MiB leaves; libtorrent draws the same line (2^21). */
export const MAX_PIECES = 2 ** 21
/** Files, folders and skipped entries of one share, so that inodes and memory stay bounded. */
export const MAX_ENTRIES = 1_000_000
/** All index blocks of one share together, each counted once; they are held in memory. */
export const MAX_INDEX_SIZE = 64 * MiB
/**
 * Links followed from the root to every leaf, repeated blocks counted each time: bounds the time
 * that a layout takes. Twice the leaves, since the narrowest tree has as many inner links.
 */
export const MAX_LINKS = 2 * (MAX_PIECES + MAX_ENTRIES)
/** Stretches of file bytes that lie in the index, repeated ones counted each time. */
export const MAX_INLINE_EXTENTS = 1_000_000
/** Fields of a UnixFS message that this program does not know; later versions may add some. */
export const MAX_UNKNOWN_FIELDS = 8
/** Levels of nodes within one file, or of shards within one folder; 1024 links a level need 3. */
export const MAX_DAG_DEPTH = 32
/** Folders inside folders. */
export const MAX_FOLDER_DEPTH = 64
/** Links from the root down to any block; no DAG within the two limits above has more. */
export const MAX_LEVELS = (MAX_FOLDER_DEPTH + 2) * MAX_DAG_DEPTH
/** Content of one share: what {@link MAX_PIECES} blocks can hold at most; anything above lies. */
export const MAX_SHARE_SIZE = MAX_PIECES * MAX_BLOCK_SIZE
/** Bytes carried inside an identity CID; boxo refuses longer ones, too. */
export const MAX_IDENTITY_SIZE = 128
/** Slots of a HAMT shard, least and most, powers of two; boxo's bounds. */
export const MIN_HAMT_FANOUT = 8
export const MAX_HAMT_FANOUT = 1024
/** One name in UTF-8: what ext4, APFS and NTFS store (NTFS counts UTF-16 units, never more). */
export const MAX_NAME_SIZE = 255
/** To what a longer name is cut, with room for a collision number. */
export const CUT_NAME_SIZE = 240
/** One name as it stands in the DAG, before it is cut. */
export const MAX_RAW_NAME_SIZE = 4 * KiB
/** A path below the share's root, separators included: Linux's PATH_MAX. */
export const MAX_PATH_SIZE = 4096
/** Names in all paths of a share together, so that deep folders do not multiply memory. */
export const MAX_PATH_STEPS = 8_000_000
/** Target of a symbolic link: Linux's PATH_MAX; it is only skipped, never followed. */
export const MAX_SYMLINK_SIZE = 4096
/** A share link or CID as text, UTF-16 units; longer ones are refused unread. */
export const MAX_LINK_TEXT = 4 * KiB
/** A share link with more peers than are used, which count for nothing above: read up to this, UTF-16 units. */
export const MAX_LONG_LINK = 2 * MiB
/** Peer addresses of one share link that are used; more are left out. */
export const MAX_LINK_PEERS = 50
/** One peer address in a share link, characters. */
export const MAX_PEER_ADDRESS = 512

/** Leaf size of the `unixfs-v1-2025` profile. */
export const PIECE_SIZE = MiB
/** Children of a file node in that profile. */
export const NODE_WIDTH = 1024
/** Slots of a HAMT shard in that profile. */
export const SHARD_FANOUT = 256
/** A plain folder whose block would be larger than this becomes a HAMT in that profile. */
export const SHARD_THRESHOLD = 256 * KiB

/** Files and folders of one private share: its manifest is held in memory as a whole. */
export const MAX_SEALED_ENTRIES = 100_000
/** The names and sizes of a private share, encoded. */
export const MAX_MANIFEST_SIZE = 16 * MiB
/** What stands after the `#` of a share link, characters. */
export const MAX_LINK_FRAGMENT = 256
