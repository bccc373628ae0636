#!/usr/bin/env bash
# A large corpus: what it costs to write, what a needle in it costs, warm (the kernel has the data's
# pages: parts are written past it) and after a cold start (a new process, and these pages dropped).
# Answers are checked.
#   run.sh PHAROS logs GIGABYTES [PORT] | spans MILLIONS [PORT]
set -euo pipefail
pharos=$1 kind=$2 size=$3 port=${4:-4720}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) && trap 'kill -9 "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
g++ -O2 -std=c++20 -o "$work/load" "$here/load.cc" -lsnappy -lpthread

start() {
  "$pharos" serve --data-dir "$work/data" --listen "127.0.0.1:$port" --listen.otlp-grpc off \
    >"$work/log" 2>&1 &
  pid=$!
  local begin
  begin=$(date +%s%N)
  until curl -sf "http://127.0.0.1:$port/ready" >/dev/null; do sleep 0.01; done
  started_ms=$((($(date +%s%N) - begin) / 1000000))
}
stop() {
  kill "$pid"
  wait "$pid" 2>/dev/null || true
}
forget() {  # the kernel's pages of the data
  find "$work/data" -type f -exec dd if={} iflag=nocache count=0 status=none \;
}
cpu() { awk '{print ($14 + $15) / 100}' "/proc/$pid/stat"; }

start
"$work/load" 127.0.0.1 "$port" "$kind" "$size" >"$work/truth.json"
curl -sf -XPOST "http://127.0.0.1:$port/pharos/api/v1/admin/flush" >/dev/null
python3 - "$work/truth.json" "$(cpu)" "$(du -sb "$work/data" | cut -f1)" <<'PY'
import json, sys
truth = json.load(open(sys.argv[1]))
n = truth['items']
print(f"{n} items of {truth['bytes'] / n:.0f} bytes in {truth['seconds']} s: "
      f"{float(sys.argv[2]) / n * 1e6:.2f} us CPU and {int(sys.argv[3]) / n:.1f} bytes an item")
PY
find "$work/data" -type f -exec cat {} + >/dev/null
python3 "$here/ask.py" "http://127.0.0.1:$port" "$work/truth.json" "$pid" && result=0 || result=1
for question in 0 1 2 3 4 5 6 7; do
  stop && forget && start
  python3 "$here/ask.py" "http://127.0.0.1:$port" "$work/truth.json" "$pid" --only "$question" ||
    result=1
done
echo "ready after $started_ms ms"
stop
exit "$result"
