# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel lab: repeats the guest's questions on the host, with the inventory only. The same
# facts and policy must give the same document. No device of this host is read.

LAB_REPLAY_SHOWN=3

# Fingerprints include the names of policy files, whose folder has another name in the
# guest.
lab_plain() { sed 's/"\(source\|target\)_fingerprint":"[0-9a-f]*"/"\1_fingerprint":""/g' "$1"; }

lab_replay() {
  local build=$1 out=$2 source target status file said why wrong=0 count=0 \
    again=$LAB_WORK/replay.json
  [[ -x $build/migcompat ]] || { say "$build has no migcompat to ask again with"; return 1; }
  [[ -s $out/inventory.json ]] || { say "the guest took no inventory"; return 1; }
  while read -r source target status file; do
    said=0 why=
    "$build/migcompat" --plugin-dir "$build/backends" --config "$LAB_SOURCE/etc" \
      -i "$out/inventory.json" \
      check --json "$source" "$target" >"$again" 2>"$LAB_WORK/replay.err" || said=$?
    count=$((count + 1))
    if [[ $said != "$status" ]]; then
      why="status $said, live $status: $(head -n 1 "$LAB_WORK/replay.err")"
    elif ! cmp -s <(lab_plain "$again") <(lab_plain "$out/pairs/$file"); then
      why="another document than live, $(cat "$again")"
    fi
    [[ -n $why ]] || continue
    wrong=$((wrong + 1))
    ((wrong > LAB_REPLAY_SHOWN)) || say "offline $source > $target: $why"
  done <"$out/pairs.list"
  say "$((count - wrong)) of $count verdicts from the inventory equal the live ones"
  ((count > 0 && wrong == 0))
}
