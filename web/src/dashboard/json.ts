// Reading JSON that others wrote: what has another type than expected counts as not given.
export type JsonObject = Record<string, unknown>;

export function asObject(value: unknown): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asObjects(value: unknown): JsonObject[] {
  return asList(value).map(asObject);
}

export function asText(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : otherwise;
}

export function asTexts(value: unknown): string[] {
  return asList(value).map((item) => asText(item));
}

/** Numbers, and numbers written as text ("80"); anything else is not given. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

export function asFlag(value: unknown, otherwise = false): boolean {
  return typeof value === 'boolean' ? value : otherwise;
}
