/**
 * Runs several producers at once and yields what they give as it comes. Ends when all have ended;
 * producers must not throw. At most `limit` items wait for the consumer, the rest is dropped.
 */
export async function* mergeProducers<T>(
  producers: readonly ((emit: (item: T) => void) => Promise<void>)[],
  limit: number
): AsyncGenerator<T> {
  const queue: T[] = []
  let running = producers.length
  let wake: (() => void) | undefined
  for (const produce of producers) {
    const emit = (item: T): void => {
      if (queue.length < limit) queue.push(item)
      wake?.()
    }
    void produce(emit).finally(() => {
      running--
      wake?.()
    })
  }
  for (;;) {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) yield item
    if (running === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    wake = resolve
    await promise
    wake = undefined
  }
}
