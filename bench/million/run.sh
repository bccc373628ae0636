#!/usr/bin/env bash
# A million series at 15 s for ten minutes: what it costs, what stays in memory, and how long
# the start takes after kill -9.
#   run.sh PHAROS [SERIES [SCRAPES [PORT]]]
# VICTORIA=/usr/bin/victoria-metrics run.sh … plays the same against it instead.
set -euo pipefail
pharos=$1 series=${2:-1000000} scrapes=${3:-40} port=${4:-4710}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) && trap 'kill -9 "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
g++ -O2 -std=c++20 -o "$work/load" "$here/load.cc" -lsnappy -lpthread

cpu() { awk '{print ($14 + $15) / 100}' "/proc/$pid/stat"; }
memory() { awk '/VmRSS|VmHWM/ {printf "%s %d MB  ", $1, $2 / 1024}' "/proc/$pid/status"; echo; }
start() {
  if [[ -n ${VICTORIA:-} ]]; then
    "$VICTORIA" -storageDataPath="$work/data" -httpListenAddr="127.0.0.1:$port" \
      -loggerLevel=ERROR >"$work/log" 2>&1 &
    ready=health
  else
    "$pharos" serve --data-dir "$work/data" --listen "127.0.0.1:$port" \
      --listen.otlp-grpc off >"$work/log" 2>&1 &
    ready=ready
  fi
  pid=$!
  local begin
  begin=$(date +%s%N)
  until curl -sf "http://127.0.0.1:$port/$ready" >/dev/null; do sleep 0.02; done
  echo "ready after $((($(date +%s%N) - begin) / 1000000)) ms"
}
count() {  # samples of all series, by a query
  curl -s "http://127.0.0.1:$port/api/v1/query" --data-urlencode "time=$1" \
    --data-urlencode 'query=sum(count_over_time(node_cpu_seconds_total[20m]))'
  echo
}

start
first_ms=$((($(date +%s) - 900) * 1000))
before=$(cpu)
"$work/load" 127.0.0.1 "$port" "$series" "$scrapes" "$first_ms"
after=$(cpu)
echo "cpu us a sample: $(echo "($after - $before) * 1000000 / ($series * $scrapes)" | bc -l)"
memory
sleep 10
echo -n "10 s later: " && memory
du -sm "$work/data" | cut -f1
kill -9 "$pid" && wait "$pid" 2>/dev/null || true
start
echo "cpu of the start: $(cpu) s"
memory
[[ -n ${NO_QUERY:-} ]] || count "$((first_ms / 1000 + 900))"
