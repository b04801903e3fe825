/** Processes of a system whose machine's clock is wrong, or is set while they run. Timers and performance.now() are not. */
import type { Worker } from './system.ts';

const PRELOAD = `
const Real = Date;
let shiftMs = Number(process.env.CLOCK_SHIFT_MS);
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length === 0) super(Real.now() + shiftMs); else super(...given); }
  static now() { return Real.now() + shiftMs; }
};
process.on('message', (message) => {
  if (message.type !== 'set-clock') return;
  shiftMs = message.shiftMs;
  process.send({ type: 'clock-set' });
});`;

/** Environment of a process whose clock is ahead of this machine's by `shiftMs`, or behind it. */
export function shiftedBy(shiftMs: number): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(PRELOAD)}`,
    CLOCK_SHIFT_MS: String(shiftMs),
  };
}

/** Sets the clock of a process that was started with `shiftedBy`; resolves once it is set. */
export async function setClock({ child }: Worker, shiftMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const onMessage = (message: { readonly type?: string }): void => {
      if (message.type !== 'clock-set') return;
      child.off('message', onMessage);
      resolve();
    };
    child.on('message', onMessage);
    child.send({ type: 'set-clock', shiftMs });
  });
}
