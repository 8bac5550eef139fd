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
installation=$(dirname "$program")/..
script=$installation/node_modules/@aloha/cli/bin/aloha.js

# An empty volume begins with the configuration that comes with Aloha, to be changed there.
if [ -n "${ALOHA_HOME-}" ] && [ -z "${ALOHA_CONF_DIR-}" ] && [ ! -d "$ALOHA_HOME/conf" ]; then
  mkdir -p "$ALOHA_HOME/conf" && cp "$installation/conf/aloha-default.conf" "$ALOHA_HOME/conf/"
fi

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
