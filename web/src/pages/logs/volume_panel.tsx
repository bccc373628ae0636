// The volume histogram over the lines.
import { Skeleton } from '@mantine/core';
import { Chart } from '../../charts/chart';
import { formatNumber } from '../../format';
import type { LogEntry } from '../../logs/log_entry';
import { useLogVolume, volumeOfEntries } from '../../logs/use_logs';
import { setRange } from '../../navigation';
import { absoluteRange, type TimeWindow } from '../../time_range';

const height = 104;

export function VolumePanel({ query, window, entries }: { query: string; window: TimeWindow; entries: LogEntry[] | undefined }) {
  const { data, error } = useLogVolume(query, window);
  const counted = data ?? (error && entries ? volumeOfEntries(entries, window) : null);
  return (
    <section className="panel">
      <div className="panel-body" style={{ paddingTop: 10, minHeight: height + 42 }}>
        {counted ? (
          <Chart
            label="Lines over time by level"
            kind="bars"
            times={counted.times}
            series={counted.series}
            window={window}
            unit="count"
            height={height}
            legend={false}
            onZoom={(fromMs, toMs) => setRange(absoluteRange(fromMs, toMs))}
          />
        ) : (
          <Skeleton h={height} />
        )}
        {counted && (
          <div className="row num" style={{ flexWrap: 'wrap', gap: '2px 14px', fontSize: 12, marginTop: 6 }}>
            <b data-testid="volume-total" data-value={counted.total} style={{ fontWeight: 560 }}>
              {formatNumber(counted.total)} {data ? (counted.total === 1 ? 'line' : 'lines') : 'of the loaded lines'}
            </b>
            {counted.series.map(({ label, color, values }) => (
              <span key={label} className="row" style={{ gap: 6 }}>
                <span style={{ width: 9, height: 9, borderRadius: 2, background: color }} />
                {label} <span className="faint">{formatNumber(values.reduce<number>((sum, value) => sum + (value ?? 0), 0))}</span>
              </span>
            ))}
          </div>
        )}
      </div>
    </section>
  );
}
