/**
 * The guardian: a shell process that looks once a second whether the supervisor is still
 * there and whether a deadline has passed that the supervisor should have kept.
 *
 * Arguments: the supervisor's pid and start time (ticks), the mechanism (cgroup2, freezer,
 * group), the parent cgroup, the table, the note, the beat.
 *
 * The table's first line is the earliest deadline in seconds of /proc/uptime, or `-`; then come
 * lines `deadline|- name pid|- startTicks|- attempt`. The note gets `fence <attempt>` or `all`
 * before a kill. The beat shows that the guardian itself is not stopped. Only `sleep`, and `grep`
 * where there are no cgroups, are started: all else is built into the shell.
 */
export const guardianScript: string = String.raw`
pid=$1 start=$2 mechanism=$3 root=$4 table=$5 note=$6 beat=$7
trap '' HUP INT QUIT TERM PIPE

supervised() {
  read -r stat <"/proc/$pid/stat" || return 1
  set -- ${"$"}{stat##*) }
  case $1 in Z | X) return 1 ;; esac
  [ "${"$"}{20}" = "$start" ]
}

populated() {
  case $mechanism in
  cgroup2)
    while read -r key value; do
      [ "$key $value" = "populated 1" ] && return 0
    done <"$1/cgroup.events"
    ;;
  freezer)
    for directory in "$1" "$1"/*/ "$1"/*/*/; do
      read -r one <"$directory/cgroup.procs" && return 0
    done
    ;;
  esac
  return 1
}

kill_cgroup() {
  case $mechanism in
  cgroup2) echo 1 >"$1/cgroup.kill" ;;
  freezer)
    echo FROZEN >"$1/freezer.state"
    for directory in "$1" "$1"/*/ "$1"/*/*/; do
      while read -r one; do kill -9 "$one"; done <"$directory/cgroup.procs"
    done
    echo THAWED >"$1/freezer.state"
    ;;
  esac
}

# The group, if its leader is who it was or is gone, and whoever carries the mark.
kill_group() {
  found=1
  if [ "$1" != - ]; then
    leader=$2
    if read -r stat <"/proc/$1/stat"; then
      set -- "$1" "$2" "$3" ${"$"}{stat##*) }
      leader=${"$"}{23}
    fi
    [ "$leader" = "$2" ] && kill -9 -- "-$1" && found=0
  fi
  for path in $(grep -lszxF "ALOHA_ATTEMPT=$3" /proc/[0-9]*/environ); do
    path=${"$"}{path#/proc/}
    kill -9 "${"$"}{path%/environ}" && found=0
  done
  return $found
}

fence() {
  {
    read -r first
    while read -r deadline name main ticks attempt; do
      [ "$deadline" != - ] && [ "$up" -ge "$deadline" ] || continue
      case $mechanism in
      group)
        echo "fence $attempt" >>"$note"
        kill_group "$main" "$ticks" "$attempt"
        ;;
      *)
        populated "$root/$name" || continue
        echo "fence $attempt" >>"$note"
        kill_cgroup "$root/$name"
        ;;
      esac
    done
  } <"$table"
}

kill_all_groups() {
  quiet=0
  while [ $quiet -lt 3 ]; do
    quiet=$((quiet + 1))
    while read -r deadline name main ticks attempt; do
      [ -n "$attempt" ] && kill_group "$main" "$ticks" "$attempt" && quiet=0
    done <"$table"
    sleep 0.1
  done
}

# Empty several times in a row: a process that was just forked may still be joining its cgroup.
kill_all_cgroups() {
  quiet=0
  while [ $quiet -lt 10 ]; do
    quiet=$((quiet + 1))
    if populated "$root"; then
      quiet=0
      case $mechanism in
      cgroup2) kill_cgroup "$root" ;;
      freezer) for child in "$root"/*/; do kill_cgroup "$child"; done ;;
      esac
    fi
    sleep 0.1
  done
}

while supervised; do
  IFS=. read -r up fraction </proc/uptime
  echo "$up" >"$beat"
  if read -r first <"$table" && [ "$first" != - ] && [ "$up" -ge "$first" ]; then fence; fi
  sleep 1
done
echo all >>"$note"
case $mechanism in
group) kill_all_groups ;;
*) kill_all_cgroups ;;
esac
`;
