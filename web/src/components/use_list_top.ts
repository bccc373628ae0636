// Where a list that scrolls with the window begins, in pixels from the top of the document.
import { useLayoutEffect, useState, type RefObject } from 'react';

export function useListTop(list: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  // Asked after every render: whatever is above the list may have grown. It settles at once.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => {
    const now = list.current ? list.current.getBoundingClientRect().top + window.scrollY : 0;
    setTop((known) => (Math.abs(known - now) > 1 ? now : known));
  });
  return top;
}
