/** `npm run document`: writes docs/commands.md, docs/configuration.md and the man page from the sources themselves. */
import { writeReference } from './tool/reference.ts'

await writeReference()
