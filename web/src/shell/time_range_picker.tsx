// Which time all panels show: a preset, or two moments.
import { Button, Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useClock } from '../clock';
import { formatClock, formatDateTime, formatDay } from '../format';
import { CheckIcon, ClockIcon } from '../icons';
import { setRange, useUrlState } from '../navigation';
import { absoluteRange, parseInstant, presets, type TimeRange, type TimeWindow } from '../time_range';
import styles from './time_range_picker.module.css';

export function TimeRangePicker() {
  const { range } = useUrlState();
  const [isOpen, setOpen] = useState(false);
  const choose = (next: TimeRange) => {
    setOpen(false);
    setRange(next);
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" shadow="md" trapFocus returnFocus width={280}>
      <Popover.Target>
        <Button
          variant="default"
          h={32}
          px={10}
          leftSection={<ClockIcon />}
          onClick={() => setOpen(!isOpen)}
          classNames={{ label: styles.label, section: styles.icon }}
          aria-label={`Time range: ${describeRange(range)}`}
        >
          <span className={styles.long}>{describeRange(range)}</span>
          <span className={styles.short}>{shortRange(range)}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        <div className={styles.presets}>
          {presets.map((preset) => {
            const isCurrent = range.from === preset.from && range.to === 'now';
            return (
              <button
                key={preset.from}
                type="button"
                className={styles.preset}
                aria-pressed={isCurrent}
                onClick={() => choose({ from: preset.from, to: 'now' })}
              >
                {preset.label}
                {isCurrent && <CheckIcon size={14} />}
              </button>
            );
          })}
        </div>
        {isOpen && <CustomRange onChoose={choose} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function CustomRange({ onChoose }: { onChoose: (range: TimeRange) => void }) {
  const { window } = useClock();
  const [from, setFrom] = useState(() => formatDateTime(window.fromMs));
  const [to, setTo] = useState(() => formatDateTime(window.toMs));
  const chosen = readCustomRange(from, to);
  return (
    <form
      className={styles.custom}
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen) onChoose(chosen);
      }}
    >
      <TextInput size="xs" label="From" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
      <TextInput
        size="xs"
        label="To"
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
        error={chosen ? null : 'Write a time as 2026-01-31 14:00, or now-2h; "from" comes before "to".'}
      />
      <Button type="submit" size="xs" disabled={!chosen}>
        Apply
      </Button>
    </form>
  );
}

/** What two typed moments mean; null where they are no range. */
function readCustomRange(from: string, to: string): TimeRange | null {
  const now = Date.now();
  const fromMs = readMoment(from, now);
  const toMs = readMoment(to, now);
  if (fromMs === null || toMs === null || fromMs >= toMs) return null;
  const isText = from.trim().startsWith('now') || to.trim().startsWith('now');
  return isText ? { from: keepRelative(from, fromMs), to: keepRelative(to, toMs) } : absoluteRange(fromMs, toMs);
}

const keepRelative = (text: string, ms: number) => (text.trim().startsWith('now') ? text.trim() : String(ms));

function readMoment(text: string, nowMs: number): number | null {
  const trimmed = text.trim();
  if (trimmed.startsWith('now')) return parseInstant(trimmed, nowMs);
  if (!/^\d{4}-\d{2}-\d{2}/.test(trimmed)) return null;
  const parsed = Date.parse(trimmed.replace(' ', 'T'));
  return Number.isNaN(parsed) || parsed < 0 ? null : parsed;
}

function describeRange(range: TimeRange): string {
  const preset = presets.find((candidate) => candidate.from === range.from && range.to === 'now');
  if (preset) return preset.label;
  if (range.from.startsWith('now') || range.to.startsWith('now')) return `${range.from} to ${range.to}`;
  return describeWindow({ fromMs: Number(range.from), toMs: Number(range.to) });
}

function describeWindow({ fromMs, toMs }: TimeWindow): string {
  const withSeconds = toMs - fromMs < 600e3;
  const clock = (ms: number) => formatClock(ms, false).slice(0, withSeconds ? 8 : 5);
  const from = `${formatDay(fromMs).slice(5)} ${clock(fromMs)}`;
  return formatDay(fromMs) === formatDay(toMs)
    ? `${from} – ${clock(toMs)}`
    : `${from} – ${formatDay(toMs).slice(5)} ${clock(toMs)}`;
}

function shortRange(range: TimeRange): string {
  return presets.find((preset) => preset.from === range.from && range.to === 'now')?.short ?? 'Custom';
}
