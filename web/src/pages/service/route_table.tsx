// Rate, errors and duration by route, with a bar for each route's share of the requests.
import { formatNumber, formatPercent, formatSeconds } from '../../format';
import type { RouteRow } from '../../red/use_service_detail';
import table from '../../components/table.module.css';
import styles from './route_table.module.css';

export function RouteTable({ routes }: { routes: RouteRow[] }) {
  const most = Math.max(...routes.map((row) => row.rate), 0) || 1;
  return (
    <section className="panel">
      <div className="panel-head">Routes</div>
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <th>Route</th>
              <th className={table.number}>Rate, req/s</th>
              <th className={table.number}>Errors</th>
              <th className={table.number}>p50</th>
              <th className={table.number}>p95</th>
              <th className={table.number}>p99</th>
            </tr>
          </thead>
          <tbody>
            {routes.map((row) => (
              <tr key={row.route}>
                <td className="code">{row.route}</td>
                <td className={table.number}>
                  <span className={styles.share} aria-hidden="true">
                    <span style={{ width: `${(row.rate / most) * 100}%` }} />
                  </span>
                  <span className={styles.rate}>{formatNumber(row.rate)}</span>
                </td>
                <td className={`${table.number} ${row.errorRatio >= 0.01 ? 'error-text' : ''}`}>{formatPercent(row.errorRatio)}</td>
                {[row.p50, row.p95, row.p99].map((value, i) => (
                  <td key={i} className={table.number}>
                    {value === null ? <span className="faint">–</span> : formatSeconds(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
