import { expect, it } from 'vitest';
import { keep } from './use_kept';

const waiting = { data: undefined as string | undefined, error: null, isPending: true, isPlaceholderData: false };
const answered = (data: string) => ({ ...waiting, data, isPending: false });
const failed = { ...waiting, error: new Error('gone'), isPending: false };
const start = { subject: 'a', data: undefined as string | undefined, error: null };

it('keeps the last answer beside the error until the next answer', () => {
  const one = keep(start, answered('one'), 'a');
  const lost = keep(one, failed, 'a');
  expect(lost).toEqual({ subject: 'a', data: 'one', error: failed.error });
  expect(keep(lost, { ...waiting, data: 'one', isPlaceholderData: true }, 'a')).toBe(lost);
  expect(keep(lost, answered('two'), 'a')).toEqual({ subject: 'a', data: 'two', error: null });
});

it('does not show one subject the data or the error of another', () => {
  const lost = keep(keep(start, answered('one'), 'a'), failed, 'a');
  expect(keep(lost, waiting, 'b')).toEqual({ subject: 'b', data: undefined, error: null });
});

it('changes nothing where nothing changed', () => {
  const one = keep(start, answered('one'), 'a');
  expect(keep(one, answered('one'), 'a')).toBe(one);
});
