import type { MetricFacts } from './metric-facts.ts'
import { METRICS, type Sample } from './metric-table.ts'

/**
 * Metrics in Prometheus' text format, version 0.0.4. Written here, since all of them are read at the moment they are
 * asked for: a library would keep a second copy of each.
 */
export function metricsText(facts: MetricFacts): string {
  return METRICS.map((metric) => {
    const { name, type, help } = metric
    const lines = metric.read(facts).map((sample) => `${name}${labelsText(sample)} ${sample.value}\n`)
    // A metric without a value is left out whole.
    return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
  }).join('')
}

function labelsText({ labels }: Sample): string {
  if (labels === undefined) return ''
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return `{${parts.join(',')}}`
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
