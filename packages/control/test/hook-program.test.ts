import { expect, test } from 'vitest'
import { hookProgram } from '../src/config/index.ts'

const problem = (words: unknown): string | undefined => hookProgram.safeParse(words).error?.issues[0]?.message

test.each([
  [['/usr/bin/notify-send', 'here', '{name}']],
  [['C:\\tools\\done.exe', '{path}']],
  [['/bin/sh', '-c', 'echo "$1"', 'sh', '{path}']],
  [['/usr/bin/find', '{path}', '-exec', 'touch', '{}', '+']],
  [['/usr/bin/tar', '-c', '{path}']],
  [['/usr/bin/env', 'LANG=C', '/home/ann/bin/sort', '{path}']],
  [['/bin/bash', '/home/ann/sort.sh', '{path}', '-c', '{name}']],
  [['/bin/bash', '-ec', 'echo "$1"', '--', '{name}']],
  [['/usr/bin/python3', '/home/ann/sort.py', '{path}']],
  [['/usr/bin/python3', '-c', 'import sys; print(sys.argv[1])', '{name}']],
  [['/usr/bin/ffmpeg', '-i', '{path}', '-c', 'copy', '/films/x.mkv']]
])('%j can run', (words) => {
  expect(problem(words)).toBeUndefined()
})

test.each([
  [[], 'name a program'],
  [['notify-send'], 'write the whole path'],
  [['./x'], 'write the whole path'],
  [['/d/{name}'], 'cannot be a placeholder'],
  [['{path}'], 'write the whole path'],
  [['/bin/x', '{nmae}'], 'there is no {nmae}; did you mean {name}?'],
  [['/bin/sh', '-c', 'mv {path} /films'], 'must not be part of what a shell runs'],
  [['/bin/bash', '-ec', '{name}'], 'must not be part of what a shell runs'],
  [['C:\\Windows\\System32\\cmd.exe', '/c', 'move {path}'], 'must not be part of what a shell runs'],
  [['C:\\Windows\\System32\\cmd.exe', '/s', '/c', 'move', '{path}'], 'must not be part of what a shell runs'],
  [['C:\\pwsh.exe', '-Command', 'Move-Item', '{path}'], 'must not be part of what a shell runs'],
  [['/usr/bin/env', 'bash', '-c', 'mv {path} /films'], 'must not be part of what a shell runs'],
  [['/usr/bin/sudo', '-u', 'ann', '/bin/sh', '-c', '{name}'], 'must not be part of what a shell runs'],
  [['/bin/sh', '-ce', 'mv {path} /films'], 'must not be part of what a shell runs'],
  [['/bin/bash', '-o', 'pipefail', '-c', 'mv {path}'], 'must not be part of what a shell runs'],
  [['/bin/su', 'ann', '-c', 'mv {path}'], 'must not be part of what a shell runs'],
  [['/bin/bash', '-c', '-e', '--', 'mv {path}'], 'must not be part of what a shell runs'],
  [['/bin/bash', '--norc', '-c', '-e', 'mv {path}'], 'must not be part of what a shell runs'],
  [['/usr/bin/python3', '-c', 'print("{name}")'], 'must not be part of what a shell runs'],
  [['/usr/bin/perl', '-ne', '{name}'], 'must not be part of what a shell runs'],
  [['/usr/bin/node', '--eval', '"{name}"'], 'must not be part of what a shell runs'],
  [['/usr/bin/php', '-r', '{name}'], 'must not be part of what a shell runs'],
  [['/bin/x', 'a\0b'], 'NUL'],
  [Array.from({ length: 65 }, () => '/x'), 'at most 64'],
  ['/bin/x {path}', 'expected array']
])('%j cannot', (words, said) => {
  expect(problem(words)).toContain(said)
})
