import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';

import classes from './kit.module.css';

const SETTLED_MS = 200;

/**
 * Keeps its height while what it shows is being asked anew, so that whoever has scrolled down stays where they are; it
 * takes its own height again when everything is there.
 */
export function Steady({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const outer = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [box, content] = [outer.current, inner.current];
    if (!box || !content) return undefined;
    let timer = 0;
    function settle(): void {
      if (queries.isFetching() === 0) box?.style.setProperty('--steady', `${content?.offsetHeight ?? 0}px`);
    }
    function later(): void {
      clearTimeout(timer); // a question is asked a moment after its place was emptied
      timer = window.setTimeout(settle, SETTLED_MS);
    }
    const sizes = new ResizeObserver(later);
    sizes.observe(content);
    const stop = queries.getQueryCache().subscribe(later);
    return () => {
      clearTimeout(timer);
      sizes.disconnect();
      stop();
    };
  }, [queries]);
  return (
    <div ref={outer} className={classes.steady}>
      <div ref={inner}>{children}</div>
    </div>
  );
}
