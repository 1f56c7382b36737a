/**
 * Bytes of a buffer that have not been read for the last time. Buffers that native code fills (reads of sockets,
 * output of ciphers) lie outside the heap, where only a full collection finds them: at hundreds of megabytes a
 * second they cost more processor time than the ciphers. Given back by hand they are reused at once.
 */
const unread = new WeakMap<ArrayBufferLike, number>()

/** Smaller buffers cost more to give back than to leave. */
const WORTH_FREEING = 1024

/** Registers a buffer that is to be given back when every byte of it has been spent. */
export function trackBuffer(buffer: ArrayBufferLike): void {
  unread.set(buffer, buffer.byteLength)
}

/**
 * Says that `count` bytes of a buffer are needed no more, by whoever they were handed to: each byte is spent at most
 * once. With the last one the memory is freed and every view of the buffer is empty. Buffers that are not tracked
 * are left alone.
 */
export function spendBytes(buffer: ArrayBufferLike, count: number): void {
  const rest = unread.get(buffer)
  if (rest === undefined) return
  if (rest > count) {
    unread.set(buffer, rest - count)
    return
  }
  unread.delete(buffer)
  freeBuffer(buffer)
}

/** Frees a buffer's memory now; every view of it is empty afterwards. */
export function freeBuffer(buffer: ArrayBufferLike): void {
  // Moving nothing of it elsewhere detaches the old one, and its memory goes at once.
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0)
}

/** Whether `view` is all there is of its buffer, so that nobody else can have a part of it, and is worth freeing. */
export function isWhole(view: Uint8Array): boolean {
  return view.byteLength >= WORTH_FREEING && view.byteLength === view.buffer.byteLength
}
