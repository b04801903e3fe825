/** Shows how long ago something was and keeps counting. */
import type { ReactNode } from 'react';
import { serverNow } from '../clock.ts';
import { fullTime, spanOf } from './format.ts';
import { useTick } from './use-tick.ts';

const TICK_MS = 1000;

/** Updates every second. Not announced to screen readers, which would never be silent. */
export function Elapsed({ since }: { readonly since: string }): ReactNode {
  useTick(TICK_MS);
  return (
    <time className="elapsed" dateTime={since} title={fullTime(since)}>
      {spanOf(serverNow() - Date.parse(since))}
    </time>
  );
}
