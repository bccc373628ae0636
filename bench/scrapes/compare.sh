#!/usr/bin/env bash
# An hour of real scrapes as remote write into Pharos and, where they are installed, VictoriaMetrics and Prometheus: one sitting.
# compare.sh [scale, default 1] [remote-write version for Pharos, default 1]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
port=${BENCH_PORT:-18430}
server=
stop() { [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$work"' EXIT

# measure NAME BODIES READY_PATH FLUSH COMMAND...
measure() {
  local name=$1 bodies=$2 ready=$3 flush=$4
  shift 4
  "$@" >"$work/$name.log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    curl -sf -o /dev/null "http://127.0.0.1:$port$ready" && break
    sleep .1
  done
  printf '%-16s' "$name"
  /usr/bin/python3 "$here/play.py" "$bodies" "http://127.0.0.1:$port" "$server" --dir "$work/$name" --flush "$flush"
  stop
}

/usr/bin/python3 "$here/write_bodies.py" "$work/v1" --scale "${1:-1}"
ours=$work/v1
if [ "${2:-1}" = 2 ]; then
  ours=$work/v2
  /usr/bin/python3 "$here/write_bodies.py" "$ours" --scale "${1:-1}" --version 2
fi
measure pharos "$ours" /ready /pharos/api/v1/admin/flush "$root/build/release/pharos" serve --data-dir "$work/pharos" --listen "127.0.0.1:$port" --listen.otlp-grpc off
if command -v victoria-metrics >/dev/null; then
  measure victoriametrics "$work/v1" /health /internal/force_flush,/internal/force_merge victoria-metrics -storageDataPath="$work/victoriametrics" -httpListenAddr="127.0.0.1:$port" -retentionPeriod=1
fi
if command -v prometheus >/dev/null; then
  echo 'global: {}' >"$work/prometheus.yml"
  measure prometheus "$work/v1" /-/ready '' prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" --web.listen-address="127.0.0.1:$port" --web.enable-remote-write-receiver
fi
