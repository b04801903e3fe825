/** Starts a process's parts in order and stops them in reverse, within a time limit. */
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from './log.ts';

/** One part of a process. `stop` is called once, only if `start` succeeded. */
export interface Part {
  readonly name: string;
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
}

/** A started process. `stop` is idempotent and never rejects; `stopped` resolves when it is done. */
export interface Running {
  stop(reason: string): Promise<void>;
  readonly stopped: Promise<void>;
}

/** `partDeadlineMs` bounds each part's stop (default 12 s), `totalDeadlineMs` all of them (default 20 s). */
export interface LifecycleOptions {
  readonly log: Logger;
  readonly partDeadlineMs?: number;
  readonly totalDeadlineMs?: number;
}

async function stopAll(started: readonly Part[], options: LifecycleOptions): Promise<void> {
  const partDeadlineMs = options.partDeadlineMs ?? 12_000;
  for (const part of [...started].reverse()) {
    try {
      const stopping = Promise.resolve().then(() => part.stop());
      await withDeadline(stopping, partDeadlineMs, `Stopping ${part.name}`);
    } catch (error) {
      options.log.error({ err: error, component: part.name }, 'A part did not stop cleanly.');
    }
  }
}

/** Starts the parts in order. If one fails, those before it are stopped again and its error is thrown. */
export async function startAll(parts: readonly Part[], options: LifecycleOptions): Promise<Running> {
  const started: Part[] = [];
  for (const part of parts) {
    try {
      await part.start();
      started.push(part);
    } catch (error) {
      options.log.error({ err: error, component: part.name }, 'A part did not start.');
      await stopAll(started, options);
      throw error;
    }
  }
  let finish: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let stopping: Promise<void> | undefined;
  const stop = (reason: string): Promise<void> => {
    stopping ??= withDeadline(stopAll(started, options), options.totalDeadlineMs ?? 20_000, 'Stopping')
      .catch((error: unknown) => {
        options.log.error({ err: error }, 'Stopping took too long; what is left is abandoned.');
      })
      .finally(finish);
    options.log.info({ reason }, 'Stopping.');
    return stopping;
  };
  return { stop, stopped };
}

/**
 * For entry files: stops on SIGTERM, on SIGINT, and when the parent that forked us is gone, then ends the process:
 * code 0, or 1 after an error that nobody caught, also while it was stopping. A forked child ignores SIGINT, because a
 * terminal sends Ctrl-C to the whole group and the parent decides the order.
 */
export function stopOnSignals(running: Running, log: Logger): void {
  let code = 0;
  const end = (reason: string): void => {
    void running.stop(reason).then(() => {
      log.flush();
      process.exit(code);
    });
  };
  const forked = process.send !== undefined;
  process.on('SIGTERM', () => {
    end('SIGTERM');
  });
  process.on('SIGINT', () => {
    if (!forked) end('SIGINT');
  });
  process.on('disconnect', () => {
    end('parent gone');
  });
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error, event }, 'An error that nobody handled; stopping.');
      code = 1;
      end(event);
    });
  }
}
