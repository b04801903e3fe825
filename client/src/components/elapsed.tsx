/** How long ago something was; counts on by itself. */
import type { ReactNode } from 'react';
import { serverNow } from '../clock.ts';
import { fullTime, spanOf } from './format.ts';
import { useTick } from './use-tick.ts';

const TICK_MS = 1000;

/** See above. Not announced: it would never be silent. */
export function Elapsed({ since }: { readonly since: string }): ReactNode {
  useTick(TICK_MS);
  return (
    <time className="elapsed" dateTime={since} title={fullTime(since)}>
      {spanOf(serverNow() - Date.parse(since))}
    </time>
  );
}
