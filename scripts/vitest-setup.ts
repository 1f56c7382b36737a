import { assertNodeVersion } from './node-version.mjs'

/** Called by vitest once before all tests: vitest itself starts on Nodes that the project cannot run on. */
export default function setup(): void {
  assertNodeVersion()
}
