/** `npm run document`: writes docs/commands.md and the man page from the commands themselves. */
import { writeCommandReference } from './tool/command-reference.ts'

await writeCommandReference()
