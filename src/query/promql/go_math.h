// Elementary functions to the last bit as Prometheus has them: Go's library does not round as
// glibc's, and a dashboard compared digit by digit would show it. Checked against Debian's
// Prometheus by test/e2e/test_prometheus_compare.py.
#pragma once

namespace pharos::query::promql {

/// As Go's math package has them on amd64, special cases included. Threads: any. Errors: none.
double GoExp(double x);
double GoLog(double x);
double GoLog2(double x);
double GoLog10(double x);
double GoPow(double x, double y);
double GoSin(double x);
double GoCos(double x);
double GoTan(double x);
double GoAsin(double x);
double GoAcos(double x);
double GoAtan(double x);
double GoAtan2(double y, double x);
double GoSinh(double x);
double GoCosh(double x);
double GoTanh(double x);
double GoAsinh(double x);
double GoAcosh(double x);
double GoAtanh(double x);
double GoExp2(double x);

}  // namespace pharos::query::promql
