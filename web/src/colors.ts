// Which colour a series, a service or a log level has. A service keeps its colour on every page.

export const seriesColorCount = 8;

/** CSS colour of the nth series. */
export function seriesColor(index: number): string {
  return `var(--series-${(index % seriesColorCount) + 1})`;
}

const serviceSlots = new Map<string, number>();

/**
 * A service's colour: its own by name, or the next free one while there are some, so that services
 * seen together differ. It stays the same on every page until the browser leaves.
 */
export function serviceColor(name: string): string {
  let slot = serviceSlots.get(name);
  if (slot === undefined) {
    slot = freeSlot(hashOf(name) % seriesColorCount);
    serviceSlots.set(name, slot);
  }
  return seriesColor(slot);
}

function hashOf(name: string): number {
  let hash = 2166136261;
  for (let i = 0; i < name.length; ++i) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return hash >>> 8;
}

function freeSlot(own: number): number {
  const taken = new Set(serviceSlots.values());
  for (let i = 0; i < seriesColorCount; ++i) {
    const slot = (own + i) % seriesColorCount;
    if (!taken.has(slot)) return slot;
  }
  return own;
}

export const logLevels = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'] as const;
export type LogLevel = (typeof logLevels)[number];

export const levelColors: Record<LogLevel, string> = {
  critical: 'var(--series-4)',
  error: 'var(--error)',
  warn: 'var(--warn)',
  info: 'var(--series-1)',
  debug: 'var(--series-8)',
  trace: 'var(--series-6)',
  unknown: 'var(--border-strong)',
};

/** The value of a colour where a canvas needs it ("var(--x)" means nothing there). */
export function resolveColor(color: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(color)?.[1];
  if (!name) return color;
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888';
}
