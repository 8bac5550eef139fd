#!/bin/sh
# Runs a master or a worker in the background.
#
#   aloha-daemon.sh [--config <dir>] start|stop|status master|worker [<arguments of aloha master or aloha worker>]
#
# Environment; conf/aloha-env.sh in the configuration directory may set all of it but the first two:
#   ALOHA_HOME           where state, logs and work are kept by default (default: this installation, where it is a checkout)
#   ALOHA_CONF_DIR       configuration (default: conf in ALOHA_HOME, made at the first start with what comes with Aloha)
#   ALOHA_LOG_DIR        logs (default: logs in ALOHA_HOME); at each start the old log is kept, 5 of them
#   ALOHA_PID_DIR        pid files (default: run in ALOHA_HOME)
#   ALOHA_IDENT_STRING   part of the names of log and pid file, for several on one host (default: the user)
#   ALOHA_START_TIMEOUT  seconds that a start may take before this script stops waiting for it (default: 60)
#   ALOHA_STOP_TIMEOUT   seconds between SIGTERM and SIGKILL (default: 60)
#   ALOHA_NODE           the program that runs JavaScript (default: node)
# and whatever the daemon itself reads: ALOHA_MASTER_HOST, ALOHA_MASTER_PORT, ALOHA_WORKER_DIR ...
#
# Exit status: start and stop 0 done, 1 not done; status 0 running, 1 a pid file that is left over, 2 not running;
# 64 wrong usage.

set -u

logs_kept=5
log_end_lines=25

main() {
  program=$(real_path "$0")
  installation=$(cd "$(dirname "$program")/.." && pwd -P) || exit 1
  if [ "${1-}" = --config ]; then
    [ $# -ge 2 ] || usage "--config takes a directory."
    [ -d "$2" ] || usage "--config: there is no directory $2."
    ALOHA_CONF_DIR=$(cd "$2" && pwd -P) || exit 1
    shift 2
  fi
  [ $# -ge 2 ] || usage "Say what to do, and with which daemon."
  action=$1
  daemon=$2
  shift 2
  case $daemon in
    master | worker) ;;
    *) usage "There is no daemon \"$daemon\"." ;;
  esac
  case $action in
    start | stop | status) ;;
    *) usage "\"$action\" is not start, stop or status." ;;
  esac
  set_environment
  case $action in
    start) start "$@" ;;
    stop) stop ;;
    status) status ;;
  esac
}

usage() {
  echo "aloha-daemon.sh: $1" >&2
  echo "Usage: aloha-daemon.sh [--config <dir>] start|stop|status master|worker [<arguments>]" >&2
  exit 64
}

fail() {
  echo "aloha-daemon.sh: $1" >&2
  exit 1
}

# The file behind a path that may be a chain of links: npm installs this script as one.
real_path() {
  path=$1
  while [ -L "$path" ]; do
    target=$(readlink "$path")
    case $target in
      /*) path=$target ;;
      *) path=$(dirname "$path")/$target ;;
    esac
  done
  echo "$path"
}

set_environment() {
  if [ -z "${ALOHA_HOME-}" ]; then
    case $installation in
      */node_modules/*)
        fail "Set ALOHA_HOME to the directory for state, logs and work, for example /var/lib/aloha: npm replaces its own directory $installation at each upgrade."
        ;;
    esac
    ALOHA_HOME=$installation
  fi
  if [ -z "${ALOHA_CONF_DIR-}" ]; then
    ALOHA_CONF_DIR=$ALOHA_HOME/conf
    [ -d "$ALOHA_CONF_DIR" ] || [ "$action" != start ] || ship_configuration
  fi
  export ALOHA_HOME ALOHA_CONF_DIR
  if [ -f "$ALOHA_CONF_DIR/aloha-env.sh" ]; then
    set -a
    # shellcheck disable=SC1091
    . "$ALOHA_CONF_DIR/aloha-env.sh" || fail "$ALOHA_CONF_DIR/aloha-env.sh failed."
    set +a
  fi
  ident=${ALOHA_IDENT_STRING:-$(id -un)}
  log_dir=${ALOHA_LOG_DIR:-$ALOHA_HOME/logs}
  pid_dir=${ALOHA_PID_DIR:-$ALOHA_HOME/run}
  name=aloha-$ident-$daemon
  log=$log_dir/$name-$(uname -n).out
  pid_file=$pid_dir/$name.pid
  start_seconds=$(seconds ALOHA_START_TIMEOUT "${ALOHA_START_TIMEOUT:-60}") || exit 1
  stop_seconds=$(seconds ALOHA_STOP_TIMEOUT "${ALOHA_STOP_TIMEOUT:-60}") || exit 1
}

# A home of its own begins with the configuration that comes with Aloha, to be changed there.
ship_configuration() {
  mkdir -p "$ALOHA_CONF_DIR" &&
    cp "$installation/conf/aloha-default.conf" "$ALOHA_CONF_DIR/aloha-default.conf" ||
    fail "The configuration $ALOHA_CONF_DIR/aloha-default.conf cannot be made: set ALOHA_HOME or ALOHA_CONF_DIR."
  echo "made $ALOHA_CONF_DIR/aloha-default.conf"
}

seconds() {
  case $2 in
    *[!0-9]*) fail "$1 takes a whole number of seconds, not \"$2\"." ;;
  esac
  echo "$2"
}

start() {
  node=${ALOHA_NODE:-node}
  command -v "$node" >/dev/null 2>&1 ||
    fail "There is no $node on the PATH. Install Node 20.19 or newer, or set ALOHA_NODE."
  script=$installation/node_modules/@aloha/cli/bin/aloha.js
  [ -f "$script" ] ||
    fail "$script is missing. In a checkout run npm ci && npm run build; else install Aloha again."
  if read_pid_file && is_running; then
    echo "aloha-daemon.sh: the $daemon runs already as process $pid. Stop it first." >&2
    exit 1
  fi
  # shellcheck disable=SC2174
  mkdir -p "$log_dir" "$pid_dir" || fail "Logs and pid files need directories: set ALOHA_LOG_DIR and ALOHA_PID_DIR."
  rotate_logs
  : >"$log" || fail "The log $log cannot be written: set ALOHA_LOG_DIR."
  echo "starting $daemon, logging to $log"
  launch "$@" || fail "The $daemon could not be started."
  started=$(start_time "$pid")
  if ! printf '%s\n%s\n' "$pid" "$started" >"$pid_file"; then
    kill -TERM "$pid" 2>/dev/null
    fail "The pid file $pid_file cannot be written: set ALOHA_PID_DIR. The $daemon was stopped again."
  fi
  await_ready
}

# A session of its own where there is setsid, so that Ctrl-C here does not reach it.
launch() {
  detach=nohup
  command -v setsid >/dev/null 2>&1 && detach="setsid nohup"
  $detach "$node" "$script" "$daemon" --log-format text "$@" >>"$log" 2>&1 </dev/null &
  pid=$!
}

# Until it says that it is ready, or has ended.
await_ready() {
  deadline=$(($(date +%s) + start_seconds))
  while is_running; do
    if grep -q "$daemon is ready" "$log"; then
      echo "$daemon is ready (pid $pid)"
      exit 0
    fi
    if [ "$(date +%s)" -ge "$deadline" ]; then
      show_log_end
      fail "The $daemon (pid $pid) is not ready after $start_seconds s. It goes on starting: look at $log, or stop it."
    fi
    sleep 0.1
  done
  rm -f "$pid_file"
  show_log_end
  fail "The $daemon ended instead of serving; the end of $log is above."
}

show_log_end() {
  tail -n "$log_end_lines" "$log" >&2
}

# log -> log.1 -> ... -> log.5, which goes.
rotate_logs() {
  [ -f "$log" ] || return 0
  number=$logs_kept
  while [ "$number" -gt 1 ]; do
    earlier=$((number - 1))
    [ -f "$log.$earlier" ] && mv -f "$log.$earlier" "$log.$number"
    number=$earlier
  done
  mv -f "$log" "$log.1"
}

stop() {
  if ! read_pid_file; then
    echo "no $daemon to stop"
    exit 0
  fi
  if ! is_running; then
    rm -f "$pid_file"
    echo "no $daemon to stop: process $pid of the pid file has ended, and the file was removed"
    exit 0
  fi
  echo "stopping $daemon (pid $pid)"
  kill -TERM "$pid" || fail "Process $pid cannot be sent a signal: are you its user?"
  if ! await_end "$stop_seconds"; then
    echo "aloha-daemon.sh: the $daemon did not stop within $stop_seconds s and is killed. What it accepted, and what runs, is kept." >&2
    is_running && kill -KILL "$pid"
    await_end 10 || fail "Process $pid does not end, even though it was killed: the kernel holds it, usually for a disk that does not answer."
  fi
  rm -f "$pid_file"
  echo "$daemon stopped"
}

await_end() {
  deadline=$(($(date +%s) + $1))
  while is_running; do
    [ "$(date +%s)" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

status() {
  if ! read_pid_file; then
    echo "$daemon is not running"
    exit 2
  fi
  if is_running; then
    echo "$daemon is running (pid $pid), logging to $log"
    exit 0
  fi
  echo "$daemon is not running, but the pid file $pid_file is left over: process $pid has ended"
  exit 1
}

# Sets pid and started. A pid file is of use only with the start time of the process: pids are given again.
read_pid_file() {
  [ -f "$pid_file" ] || return 1
  pid=
  started=
  { read -r pid && read -r started; } <"$pid_file" || true
  case $pid in
    "" | *[!0-9]*) fail "The pid file $pid_file holds no pid. See which process is the $daemon, then delete the file." ;;
  esac
}

# Whether exactly that process runs, and not a later one with its pid.
is_running() {
  [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}

# Start time and boot of a process; nothing if it has ended.
start_time() {
  if [ -d /proc/self ]; then
    { stat=$(cat "/proc/$1/stat"); } 2>/dev/null || return 0
    # Behind the name, which may hold blanks: state is the first field, the start time the twentieth (proc_pid_stat(5)).
    fields=${stat##*) }
    # shellcheck disable=SC2086
    set -- $fields
    case $1 in
      Z | X) return 0 ;;
    esac
    shift 19
    echo "$1 $(cat /proc/sys/kernel/random/boot_id)"
  else
    ps -o lstart= -p "$1" 2>/dev/null
  fi
}

main "$@"
