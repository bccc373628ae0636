// What is being typed, beginning anew whenever the value that it was made from changes: the field
// keeps its focus when its text is run, and follows the back button.
import { useState } from 'react';

export function useDraft<T>(value: T, key: string): [T, (draft: T | ((now: T) => T)) => void] {
  const [draft, setDraft] = useState(value);
  const [seen, setSeen] = useState(key);
  if (seen !== key) {
    setSeen(key);
    setDraft(() => value);
  }
  return [seen === key ? draft : value, setDraft];
}
