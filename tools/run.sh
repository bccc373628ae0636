#!/usr/bin/env bash
# What `./dev run` does once all is built: Pharos with its classic ports, the demo shop, load on it.
# Stops everything on Ctrl-C.
#   --data-dir DIR     keep data there (default build/run)
#   --port-offset N    add N to every port (default 0)
#   --rate N           requests a second on the shop (default 10)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
data=build/run offset=0 rate=10
while [ $# -gt 0 ]; do
  case "$1" in
    --data-dir) data=$2 ;;
    --port-offset) offset=$2 ;;
    --rate) rate=$2 ;;
    *) echo "unknown flag: $1 (see tools/run.sh)" >&2; exit 2 ;;
  esac
  shift 2
done
bin=${PHAROS_BUILD:-build/release}
mkdir -p "$data"
port() { echo $(($1 + offset)); }

# The demo's own prometheus.yml, with the ports that are really used.
sed "s/localhost:8000/localhost:$(port 8000)/; s/localhost:8001/localhost:$(port 8001)/; s/localhost:3000/localhost:$(port 3000)/" \
  demo/prometheus.yml >"$data/prometheus.yml"

pids=()
stop() {
  trap - EXIT INT TERM
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
}
trap stop EXIT
trap 'stop; exit 0' INT TERM

listeners=()
if [ "$offset" != 0 ]; then
  for pair in prometheus:9090 loki:3100 tempo:3200 jaeger:16686 otlp-http:4318 otlp-grpc:4317; do
    listeners+=("--listen.${pair%%:*}" "127.0.0.1:$(port "${pair##*:}")")
  done
fi
"$bin/pharos" serve --data-dir "$data/data" --listen "127.0.0.1:$(port 3000)" --compat-ports on \
  --config.prometheus "$data/prometheus.yml" "${listeners[@]}" >"$data/pharos.out" 2>"$data/pharos.log" &
pids+=($!)
for _ in $(seq 200); do
  curl -sf -o /dev/null "http://127.0.0.1:$(port 3000)/ready" && break
  kill -0 "${pids[0]}" 2>/dev/null || { echo "Pharos did not start:" >&2; cat "$data/pharos.out" "$data/pharos.log" >&2; exit 1; }
  sleep 0.05
done

export OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:$(port 4317)"
"$bin/demo/shop" --role inventory --port "$(port 8001)" >"$data/inventory.log" 2>&1 &
pids+=($!)
"$bin/demo/shop" --role shop --port "$(port 8000)" --inventory-port "$(port 8001)" >"$data/shop.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
  curl -sf -o /dev/null "http://127.0.0.1:$(port 8000)/health" && break
  kill -0 "${pids[2]}" 2>/dev/null || { echo "The shop did not start:" >&2; tail -3 "$data/shop.log" >&2; exit 1; }
  sleep 0.05
done
"$bin/demo/shop_load" --port "$(port 8000)" --rate "$rate" --stats "$data/load.json" &
pids+=($!)

cat <<EOF
Pharos is live, with a demo shop under load ($rate requests a second):
  pages        http://localhost:$(port 3000)
  Prometheus   http://localhost:$(port 9090)     Loki http://localhost:$(port 3100)
  Tempo        http://localhost:$(port 3200)     Jaeger http://localhost:$(port 16686)
  OTLP         localhost:$(port 4317) (gRPC), http://localhost:$(port 4318)
  the shop     http://localhost:$(port 8000)/hello
  data, logs   $data
Ctrl-C stops all of it.
EOF
wait -n "${pids[@]}" || true
echo "One of the programs ended; see the logs in $data" >&2
exit 1
