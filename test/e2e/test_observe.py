"""The observe/ package as its users have it: pushed metrics count each request once, and an installed copy builds a program."""
import os
import subprocess
import tempfile
import unittest

from stack import BUILD, ROOT, Pharos, free_port, get, get_json, request, wait_until

PROGRAM = '''
#include <observe/health.h>
#include <observe/log.h>
#include <observe/observe.h>
int main() {
  auto session = observe::Start({.service_name = "installed"});
  observe::Count("things_total", "Things", {{"kind", "a"}}, 2);
  observe::Log(observe::Level::kInfo, "hello", {{"n", 1}});
  return observe::MetricsText().find("things_total{kind=\\"a\\"} 2") == std::string::npos;
}
'''


class Observe(unittest.TestCase):
    def test_pushed_metrics_count_once(self):
        """With OTEL_METRICS_EXPORTER=otlp nothing is served on /metrics, so that a scrape beside the push adds nothing."""
        port, inventory = free_port(), free_port()
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, 'prometheus.yml')
            with open(config, 'w') as f:
                f.write(f'scrape_configs:\n- job_name: scraped\n  scrape_interval: 1s\n  static_configs: [{{targets: ["127.0.0.1:{port}"]}}]\n')
            with Pharos('--config.prometheus', config) as pharos:
                env = dict(os.environ, OTEL_METRICS_EXPORTER='otlp', OTEL_METRIC_EXPORT_INTERVAL='500', OTEL_SERVICE_NAME='pushed',
                           OTEL_EXPORTER_OTLP_ENDPOINT=f'http://127.0.0.1:{pharos.ports["otlp-grpc"]}')
                shop = subprocess.Popen([BUILD / 'demo/shop', '--port', str(port), '--inventory-port', str(inventory)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    wait_until('the shop', 10, lambda: get(port, '/health')[0] == 200)
                    for _ in range(30):
                        self.assertEqual(request(port, 'GET', '/products')[0], 200)
                    self.assertNotIn('http_requests_total', get(port, '/metrics')[1])
                    query = 'sum(http_requests_total{route="/products"})'
                    wait_until('thirty requests', 10, lambda: float(get_json(pharos.port, '/api/v1/query', {'query': query})['data']['result'][0]['value'][1]) == 30)
                    buckets = get_json(pharos.port, '/api/v1/query', {'query': 'http_request_duration_seconds_bucket{job="pushed",route="/products",le="0.3"}'})['data']['result']
                    self.assertEqual([float(b['value'][1]) for b in buckets], [30])
                    self.assertEqual(get_json(pharos.port, '/api/v1/query', {'query': 'http_requests_total{job="scraped"}'})['data']['result'], [])
                finally:
                    shop.terminate()
                    shop.wait()

    def test_installed_copy_builds_a_program(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(['cmake', '--install', BUILD / 'observe', '--prefix', folder + '/prefix'], check=True, stdout=subprocess.DEVNULL)
            os.mkdir(folder + '/app')
            with open(folder + '/app/main.cc', 'w') as f:
                f.write(PROGRAM)
            with open(folder + '/app/CMakeLists.txt', 'w') as f:
                f.write('cmake_minimum_required(VERSION 3.25)\nproject(app CXX)\nfind_package(observe REQUIRED)\nadd_executable(app main.cc)\ntarget_link_libraries(app PRIVATE observe::observe)\n')
            for command in (['cmake', '-S', folder + '/app', '-B', folder + '/build', f'-DCMAKE_PREFIX_PATH={folder}/prefix'], ['cmake', '--build', folder + '/build']):
                done = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            env = dict(os.environ, OTEL_EXPORTER_OTLP_ENDPOINT='http://127.0.0.1:1')
            done = subprocess.run([folder + '/build/app'], capture_output=True, text=True, env=env)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('"message":"hello","service":"installed","n":1}', done.stdout)


if __name__ == '__main__':
    unittest.main(argv=['test_observe'])
