// The size of an element, and whether it has been near the screen yet: panels far below wait.
import { useEffect, useState, type RefObject } from 'react';

export interface Size {
  width: number;
  height: number;
}

export function useSize(host: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    if (!host.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setSize({ width: Math.floor(width), height: Math.floor(height) });
    });
    observer.observe(host.current);
    return () => observer.disconnect();
  }, [host]);
  return size;
}

/** True from the first time the element is within a screen of what is seen. */
export function useSeen(host: RefObject<HTMLElement | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (!host.current || isSeen) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: '400px 0px' },
    );
    observer.observe(host.current);
    return () => observer.disconnect();
  }, [host, isSeen]);
  return isSeen;
}
