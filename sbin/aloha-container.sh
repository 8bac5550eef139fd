#!/bin/sh
# PID 1 of a container: runs `aloha` with the arguments given, passes signals on to it, collects processes that have lost
# their parents, as only PID 1 can, and ends as aloha ends.
set -u

program=$0
while [ -L "$program" ]; do
  target=$(readlink "$program")
  case $target in
    /*) program=$target ;;
    *) program=$(dirname "$program")/$target ;;
  esac
done
script=$(dirname "$program")/../node_modules/@aloha/cli/bin/aloha.js

# A command in the background would read nothing.
exec 3<&0
"${ALOHA_NODE:-node}" "$script" "$@" <&3 3<&- &
child=$!
exec 3<&-

pass_on() {
  kill -"$1" "$child" 2>/dev/null
}
trap 'pass_on TERM' TERM
trap 'pass_on HUP' HUP
trap 'pass_on QUIT' QUIT
# Ctrl-C at a terminal reaches aloha by itself.
if [ -t 0 ]; then trap : INT; else trap 'pass_on INT' INT; fi

# A signal ends the waiting, not what is waited for. Waiting collects every child, adopted ones too.
status=0
while :; do
  wait "$child"
  status=$?
  kill -0 "$child" 2>/dev/null || break
done
exit "$status"
