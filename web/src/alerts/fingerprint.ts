// The short name of a set of labels, the same that Prometheus and Alertmanager compute: FNV-1a over
// the names in order, each name and value followed by the byte 255.
import type { LabelSet } from '../api/prometheus/envelope';

const offset = 14695981039346656037n;
const prime = 1099511628211n;
const encoder = new TextEncoder();

/** 16 hex digits. */
export function fingerprintOf(labels: LabelSet): string {
  let hash = offset;
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  };
  for (const name of Object.keys(labels).toSorted()) {
    encoder.encode(name).forEach(add);
    add(255);
    encoder.encode(labels[name]!).forEach(add);
    add(255);
  }
  return hash.toString(16).padStart(16, '0');
}
