// Rows and columns; a click on a head sorts.
import { useState } from 'react';
import { cellColor, cellShare, cellText, sortedRows, type TableColumn, type TableModel } from '../../dashboard/table_model';
import type { CellValue } from '../../dashboard/thresholds';
import styles from './table_panel.module.css';

/** More rows than this are searched for elsewhere, not read here. */
const mostRows = 500;

interface TablePanelProps {
  model: TableModel;
  sortBy: { field: string; desc: boolean } | undefined;
  showHeader: boolean;
  frame: number;
  onFrame: (frame: number) => void;
}

export function TablePanel({ model, sortBy, showHeader, frame, onFrame }: TablePanelProps) {
  const [by, setBy] = useState(sortBy);
  const rows = sortedRows(model, by);
  const change = (field: string) => setBy((now) => (now?.field !== field ? { field, desc: false } : now.desc ? undefined : { field, desc: true }));
  return (
    <div className={styles.scroll}>
      {model.frames > 1 && (
        <label className={styles.frames}>
          Result{' '}
          <select value={frame} onChange={(event) => onFrame(Number(event.currentTarget.value))}>
            {Array.from({ length: model.frames }, (_, i) => (
              <option key={i} value={i}>
                {i + 1} of {model.frames}
              </option>
            ))}
          </select>
        </label>
      )}
      <table className={styles.table}>
        {showHeader && (
          <thead>
            <tr>
              {model.columns.map((column) => (
                <th key={column.name} style={{ textAlign: column.align, minWidth: column.width }} aria-sort={by?.field === column.name ? (by.desc ? 'descending' : 'ascending') : undefined}>
                  <button type="button" onClick={() => change(column.name)}>
                    {column.name}
                    {by?.field === column.name && <span aria-hidden="true">{by.desc ? ' ↓' : ' ↑'}</span>}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.slice(0, mostRows).map((row) => (
            <tr key={row}>
              {model.columns.map((column, i) => (
                <Cell key={`${column.name} ${i}`} column={column} value={column.values[row] ?? null} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > mostRows && <p className={styles.more}>The first {mostRows} of {rows.length.toLocaleString('en-US')} rows are shown.</p>}
    </div>
  );
}

function Cell({ column, value }: { column: TableColumn; value: CellValue }) {
  const text = cellText(column, value);
  const color = column.cell === 'text' ? undefined : cellColor(column, value);
  const className = column.type === 'string' ? undefined : 'num';
  if (column.cell === 'gauge' && typeof value === 'number') {
    return (
      <td className={className} style={{ textAlign: column.align }}>
        <span className={styles.gauge}>
          <span className={styles.track}>
            <span style={{ width: `${cellShare(column, value) * 100}%`, background: color }} />
          </span>
          <span style={{ color }}>{text}</span>
        </span>
      </td>
    );
  }
  const style = column.cell === 'color-background' ? { background: `color-mix(in srgb, ${color} 24%, transparent)` } : { color };
  return (
    <td className={className} style={{ textAlign: column.align, ...style }} title={text.length > 40 ? text : undefined}>
      {text}
    </td>
  );
}
