# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for migcompat. Devices come from the inventories on the command line,
# otherwise from the service or this host.

# _migcompat_list COLUMNS: prints the raw list that the command line asks for.
_migcompat_list() {
  local words=("${COMP_WORDS[@]:0:COMP_CWORD}") options=() i
  for ((i = 1; i < ${#words[@]}; i++)); do
    case ${words[i]} in
    # Standard input is the terminal, which must not be read here.
    -i | --inventory) [ "${words[i + 1]-}" = - ] ||
      options+=("${words[i]}" "${words[i + 1]/#\~/$HOME}") ;;&
    --plugin-dir | --config | --socket) options+=("${words[i]}" "${words[i + 1]/#\~/$HOME}") ;;&
    -i | --inventory | --plugin-dir | --config | --socket) i=$((i + 1)) ;;
    --daemon | --no-daemon) options+=("${words[i]}") ;;
    esac
  done
  "${words[0]}" "${options[@]}" list --types --raw -o "$1" 2>/dev/null </dev/null | sed 1d
}

# _migcompat_hosts WORD
_migcompat_hosts() {
  local host
  while read -r host; do
    printf -v host %b "$host"
    [[ $host == "$1"* ]] && COMPREPLY+=("$(printf %q "$host")")
  done < <(_migcompat_list HOST | sort -u)
}

# _migcompat_devices WORD [held]
_migcompat_devices() {
  local names=() host device hold name
  local -A seen=()
  while read -r host device hold; do
    [ -n "$device" ] || continue
    [ -n "$hold" ] || [ -z "${2-}" ] || continue
    printf -v host %b "$host" # --raw writes blanks and backslashes as \xHH; ids have neither
    names+=("$host//$device")
    seen[$device]=${seen[$device]-}x
  done < <(_migcompat_list HOST,DEVICE,HOLD)
  # Not by compgen -W, which would expand what stands in a hostile inventory.
  for name in "${names[@]}"; do
    device=${name#*//}
    [ "${seen[$device]}" = x ] && name=$device
    [[ $name == "$1"* ]] && COMPREPLY+=("$(printf %q "$name")")
  done
}

_migcompat() {
  local cur=$2 prev=$3 command="" given=0 i
  local global="--inventory --plugin-dir --config --daemon --no-daemon --socket --json --color="
  global+=" --no-color --debug --help --version"
  local commands="list show type version check ask params prepare inventory hold release watch"
  commands+=" backend policy state"
  local columns="DEVICE HOST KIND DRIVER TYPE BACKEND MIGRATABLE MECHANISM HOLD PARENT MODEL LABEL"
  columns+=" AVAILABLE REASON CLASS VERSION PATH"
  COMPREPLY=()

  # readline splits a PCI address at its colons, so get the whole word.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n : cur prev
  fi
  case $prev in
  --mechanism)
    mapfile -t COMPREPLY < <(compgen -W "require report prove" -- "$cur")
    return
    ;;
  --interface)
    mapfile -t COMPREPLY < <(compgen -W "any group cdev regions" -- "$cur")
    return
    ;;
  -i | --inventory | --config | --plugin-dir | --socket | --output)
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    return
    ;;
  -o | --columns)
    if [[ " ${COMP_WORDS[*]} " == *" state save "* ]]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$columns" -- "${cur^^}")
    return
    ;;
  --host)
    _migcompat_hosts "$cur"
    return
    ;;
  --fingerprint | --uuid | --reason) return ;;
  esac

  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    -i | --inventory | --plugin-dir | --config | --socket | -o | --columns | --fingerprint | \
      --host | --uuid | --reason | --output | --interface | --mechanism) i=$((i + 1)) ;;
    -?*) ;;
    *)
      if [ -z "$command" ]; then
        command=${COMP_WORDS[i]}
      elif [[ $command == backend || $command == policy || $command == state ]]; then
        command+=" ${COMP_WORDS[i]}"
      else
        given=$((given + 1))
      fi
      ;;
    esac
  done

  if [[ $cur == -* ]]; then
    case $command in
    list) global+=" --types --columns --raw --mechanism" ;;
    watch) global+=" --types" ;;
    check | "state check") global+=" --verbose --available --fingerprint --mechanism" ;;
    "state save") global+=" --output --interface --stopped" ;;
    "state load") global+=" --force --stopped --interface --verbose --fingerprint --mechanism" ;;
    ask) global+=" --host --other-hosts --available --all --mechanism" ;;
    prepare) global+=" --uuid --mechanism" ;;
    show | version | "policy show" | "policy explain") global+=" --mechanism" ;;
    inventory) global+=" --sensitive" ;;
    hold) global+=" --reason" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$global" -- "$cur")
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
    return
  fi
  case $command in
  "") mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
  backend) mapfile -t COMPREPLY < <(compgen -W "list dump" -- "$cur") ;;
  policy) mapfile -t COMPREPLY < <(compgen -W "check show explain" -- "$cur") ;;
  state) mapfile -t COMPREPLY < <(compgen -W "save inspect check load" -- "$cur") ;;
  "backend dump" | "policy check" | "state inspect")
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    ;;
  show | type | version | check | ask | params | prepare | hold | release | "policy explain" | \
    "state save" | "state check" | "state load")
    if [[ $command == "state check" || $command == "state load" ]] && [ $given = 0 ]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
    fi
    # The socket of a device that another process serves.
    if [[ $command == "state "* && $cur == unix:* ]]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -P unix: -f -- "${cur#unix:}")
      declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
      return
    fi
    if [ "$command" = release ]; then
      _migcompat_devices "$cur" held
    else
      _migcompat_devices "$cur"
    fi
    if declare -F __ltrim_colon_completions >/dev/null; then
      __ltrim_colon_completions "$cur"
    fi
    ;;
  esac
}
complete -F _migcompat migcompat
