import { expect, test } from 'vitest'
import { currentFingerprint, differences, recordedFingerprint } from '../../scripts/tool/generated-code.ts'

test('the generated code belongs to the schema beside it (else: npm run generate)', () => {
  expect(differences(recordedFingerprint(), currentFingerprint())).toEqual([])
})
