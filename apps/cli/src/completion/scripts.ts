/** What each shell runs to complete a line of `p2pshare`; all of them ask `p2pshare __complete`. */
export const COMPLETION_SCRIPTS = {
  bash: `# p2pshare completion for bash: source <(p2pshare completion bash)
_p2pshare() {
  local IFS=$'\\n' words
  words=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [ "\${words[0]}" = ":files" ]; then
    compopt -o default
    COMPREPLY=()
  else
    COMPREPLY=("\${words[@]%%$'\\t'*}")
    [[ "\${COMPREPLY[0]}" == */ ]] && compopt -o nospace
  fi
}
complete -F _p2pshare p2pshare
`,
  zsh: `#compdef p2pshare
# p2pshare completion for zsh: source <(p2pshare completion zsh)
_p2pshare() {
  local -a found shown values
  local line
  found=("\${(@f)$("\${words[1]}" __complete --about -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${found[1]}" == ":files" ]]; then
    _files
    return
  fi
  for line in $found; do
    [[ -z "$line" ]] && continue
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  }")
  done
  local -a end
  [[ \${#values} -eq 1 && "\${values[1]}" == */ ]] && end=(-S '')
  compadd $end -l -d shown -- $values
}
compdef _p2pshare p2pshare
`,
  fish: `# p2pshare completion for fish: p2pshare completion fish | source
function __p2pshare_complete
  set -l words (commandline -opc)
  set -l found (p2pshare __complete --about -- $words[2..] (commandline -ct) 2>/dev/null)
  if test "$found[1]" = ":files"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c p2pshare -f -a '(__p2pshare_complete)'
`
} as const
