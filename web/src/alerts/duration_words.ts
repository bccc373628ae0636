// How long something lasts, in words that are read half asleep: "40 s", "4 min", "2 h 5 min", "3 days".

export function durationWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  const dayWord = days === 1 ? '1 day' : `${days} days`;
  return hours % 24 === 0 || days >= 7 ? dayWord : `${dayWord} ${hours % 24} h`;
}

/** "for 4 min", or nothing where the beginning is unknown. */
export function sinceWords(sinceMs: number | null, nowMs: number): string {
  return sinceMs === null ? '' : `for ${durationWords(nowMs - sinceMs)}`;
}

/** "in 2 h", "4 min ago". */
export function untilWords(ms: number, nowMs: number): string {
  return ms >= nowMs ? `in ${durationWords(ms - nowMs)}` : `${durationWords(nowMs - ms)} ago`;
}
