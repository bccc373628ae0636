#!/usr/bin/env bash
# What `./dev run` does once all is built: Pharos with its classic ports, the demo shop, load on it.
# Stops everything on Ctrl-C.
#   --data-dir DIR     keep data there (default build/run; with --lab build/lab)
#   --port-offset N    add N to every port (default 0)
#   --rate N           requests a second on the shop (default 10; 0: no load)
#   --spike SECONDS    the shop's database fails after so many seconds, for 90 (default 120; off: never)
#   --lab [DIR]        run the stack of a Docker Compose lab instead of the demo's own files: DIR/config/*.yml as they
#                      are (but for the path of Docker's socket), the shop as its sample-app (default ../shared/lab)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
data= offset=0 rate=10 spike=120 lab=
while [ $# -gt 0 ]; do
  case "$1" in
    --data-dir) data=$2; shift 2 ;;
    --port-offset) offset=$2; shift 2 ;;
    --rate) rate=$2; shift 2 ;;
    --spike) spike=$2; shift 2 ;;
    --lab)
      lab=../shared/lab; shift
      if [ $# -gt 0 ] && [[ $1 != --* ]]; then lab=$1; shift; fi
      ;;
    *) echo "unknown flag: $1 (see tools/run.sh)" >&2; exit 2 ;;
  esac
done
if ! [[ $offset =~ ^(0|[1-9][0-9]{0,4})$ ]] || [ "$offset" -gt 41311 ]; then
  echo "--port-offset $offset: give a number up to 41311, as the highest port is 24224" >&2
  exit 2
fi
bin=${PHAROS_BUILD:-build/release}
data=${data:-build/$([ -n "$lab" ] && echo lab || echo run)}
mkdir -p "$data"
data=$(realpath "$data")
port() { echo $(($1 + offset)); }

pids=()
stop() {  # a second signal must not leave half of them running
  trap - EXIT
  trap '' INT TERM
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[i]}" 2>/dev/null || continue
    # Not `wait`: bash 5.2 waits for ever for a child that ended just when a signal broke off `wait -n`.
    timeout -s KILL 30 tail --pid "${pids[i]}" -s 0.02 -f /dev/null && continue
    echo "process ${pids[i]} did not stop within 30 s and is killed; see the logs in $data" >&2
    kill -KILL "${pids[i]}" 2>/dev/null || true
  done
}
trap stop EXIT
trap 'stop; exit 0' INT TERM

# await PID NAME LOG URL: until URL answers; the log's end when the program stopped.
await() {
  for _ in $(seq 200); do
    curl -sf -o /dev/null "$4" && return
    kill -0 "$1" 2>/dev/null || break
    sleep 0.05
  done
  echo "$2 did not start:" >&2
  tail -20 "$3" >&2
  exit 1
}

files=()
if [ -n "$lab" ]; then
  [ -d "$lab/config" ] || { echo "$lab/config: no such folder; give --lab DIR" >&2; exit 1; }
  # The lab's log shipper reads containers from Docker's socket; the shop is no container, so a
  # stand-in socket offers its output as one.
  rm -rf "$data/lab" && cp -r "$lab" "$data/lab" && chmod -R u+w "$data/lab"
  sed -i "s#unix:///var/run/docker.sock#unix://$data/docker.sock#" "$data/lab/config/promtail-config.yaml"
  files=(--config.prometheus "$data/lab/config/prometheus.yml" --config.otelcol "$data/lab/config/otel-collector-config.yaml"
    --config.loki "$data/lab/config/loki.yaml" --config.tempo "$data/lab/config/tempo.yaml"
    --config.promtail "$data/lab/config/promtail-config.yaml" --config.grafana "$data/lab/dashboards")
  [ ! -f "$data/lab/config/alertmanager.yml" ] || files+=(--config.alertmanager "$data/lab/config/alertmanager.yml")
  touch "$data/shop.jsonl"
  python3 tools/docker_stand_in.py "$data/docker.sock" "sample-app=$data/shop.jsonl,com.docker.compose.service=sample-app" >"$data/docker.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 100); do [ -S "$data/docker.sock" ] && break; sleep 0.02; done
  # Wherever the classic port really is, the lab's localhost:9090 is Prometheus. A restart does not
  # make an alert wait again.
  printf 'self_names: {prometheus: ["prometheus:9090", "localhost:9090"]}\nrules: {for_grace_period: 1s}\n' >"$data/pharos.yaml"
  files+=(--config "$data/pharos.yaml")
  # As the lab's app: traces and metrics go to the Collector, log lines to the container's output.
  export OTEL_METRICS_EXPORTER=otlp OTEL_LOGS_EXPORTER=none
else
  # The demo's own files, with the ports that are really used; marked first, as 30000 begins like 3000.
  for file in prometheus.yml rules.yml alertmanager.yml pharos.yaml; do
    sed -E "s/localhost:(8000|8001|3000)/localhost:<\1>/; s/<8000>/$(port 8000)/; s/<8001>/$(port 8001)/; s/<3000>/$(port 3000)/" \
      "demo/$file" >"$data/$file"
  done
  files=(--config "$data/pharos.yaml" --config.prometheus "$data/prometheus.yml" --config.alertmanager "$data/alertmanager.yml"
    --config.grafana demo/dashboards)
fi

listeners=()
if [ "$offset" != 0 ]; then
  for pair in prometheus:9090 loki:3100 tempo:3200 jaeger:16686 alertmanager:9093 otlp-http:4318 otlp-grpc:4317 otelcol-metrics:8888 otelcol-exporter:8889 fluent:24224; do
    listeners+=("--listen.${pair%%:*}" "127.0.0.1:$(port "${pair##*:}")")
  done
fi
"$bin/pharos" serve --data-dir "$data/data" --listen "127.0.0.1:$(port 3000)" --compat-ports on --web.enable-lifecycle \
  "${files[@]}" "${listeners[@]}" >"$data/pharos.out" 2>"$data/pharos.log" &
pids+=($!)
await $! Pharos "$data/pharos.log" "http://127.0.0.1:$(port 3000)/ready"

export OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:$(port 4317)" OTEL_METRIC_EXPORT_INTERVAL="${OTEL_METRIC_EXPORT_INTERVAL:-10000}"
[ -z "$lab" ] || export OTEL_RESOURCE_ATTRIBUTES=deployment.environment=local,service.version=1.0.0
OTEL_METRICS_EXPORTER=${lab:+none} "$bin/demo/shop" --role inventory --port "$(port 8001)" >"$data/inventory.log" 2>&1 &
pids+=($!)
"$bin/demo/shop" --role shop --port "$(port 8000)" --inventory-port "$(port 8001)" >>"$data/shop.jsonl" 2>"$data/shop.log" &
pids+=($!)
await $! "The shop" "$data/shop.log" "http://127.0.0.1:$(port 8000)/health"
spikes=()
[ "$spike" = off ] || spikes=(--spike-after "$spike")
if [ "$rate" != 0 ]; then
  "$bin/demo/shop_load" --port "$(port 8000)" --rate "$rate" --stats "$data/load.json" "${spikes[@]}" &
  pids+=($!)
fi

cat <<TEXT
Pharos is live, with a demo shop under load ($rate requests a second):
  pages        http://localhost:$(port 3000)
  Prometheus   http://localhost:$(port 9090)     Alertmanager http://localhost:$(port 9093)
  Loki         http://localhost:$(port 3100)     Tempo        http://localhost:$(port 3200)     Jaeger http://localhost:$(port 16686)
  OTLP         localhost:$(port 4317) (gRPC), http://localhost:$(port 4318)
  the shop     http://localhost:$(port 8000)/hello
  data, logs   $data
TEXT
[ "$spike" = off ] || echo "In $spike s the shop's database fails for 90 s: watch the first page."
echo "Ctrl-C stops all of it."
wait -n "${pids[@]}" || true
echo "One of the programs ended; see the logs in $data" >&2
exit 1
