import { type Category, categoryOf, type Frame } from './cpu-category.ts'

/** What `node --cpu-prof` writes; times in µs of the machine's monotonic clock. */
export interface CpuProfile {
  startTime: number
  nodes: readonly { id: number; callFrame: Frame; children?: readonly number[] }[]
  samples: readonly number[]
  timeDeltas: readonly number[]
}

/** What a profile saw between two moments. */
export interface ProfileShares {
  /** Part of the busy time in each category; adds up to 1. */
  shares: Map<Category, number>
  /** Part of the time in which the thread waited for events, 0 … 1. */
  idle: number
}

/** A sample that came after so many times the usual distance came late. */
const LATE = 1.5

/**
 * The main thread's categories between `from` and `to`, in µs of the machine's monotonic clock.
 *
 * The profiler samples by the clock on the wall. A thread that waits for a core is sampled once it goes on, always
 * in the call at which it lost the core: such as one that wakes another thread. Those samples come late, so late
 * ones do not count.
 */
export function profileShares(profile: CpuProfile, from: number, to: number): ProfileShares {
  const category = stackCategories(profile)
  const inside: { node: number; delta: number }[] = []
  let time = profile.startTime
  for (const [i, node] of profile.samples.entries()) {
    const delta = profile.timeDeltas[i] ?? 0
    time += delta
    if (time >= from && time <= to) inside.push({ node, delta })
  }
  const usual = inside.map(({ delta }) => delta).toSorted((a, b) => a - b)[inside.length >> 1] ?? 0
  const spent = new Map<Category | 'idle', number>()
  let [idle, whole] = [0, 0]
  for (const { node, delta } of inside) {
    const where = category.get(node) ?? 'other'
    whole += delta
    if (where === 'idle') idle += delta
    else if (delta <= usual * LATE) spent.set(where, (spent.get(where) ?? 0) + delta)
  }
  const busy = [...spent.values()].reduce((sum, value) => sum + value, 0)
  const shares = new Map([...spent].map(([name, value]) => [name as Category, value / busy]))
  return { shares, idle: idle / whole }
}

/** The category of each node of the profile, by the stack above it. */
function stackCategories({ nodes }: CpuProfile): Map<number, Category | 'idle'> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const stackOf = (id: number): Frame[] => {
    const stack: Frame[] = []
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame
      if (frame !== undefined) stack.push(frame)
    }
    return stack
  }
  return new Map(
    nodes.map(({ id, callFrame }) => [
      id,
      callFrame.functionName === '(idle)' ? 'idle' : categoryOf(stackOf(id))
    ])
  )
}
