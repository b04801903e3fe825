/** Loggers for tests. */
import { createLogger } from '../../src/platform/log.ts';
import type { Logger, LogLevel } from '../../src/platform/log.ts';

/** Says nothing. */
export const silentLog: Logger = createLogger({ level: 'silent', name: 'test' });

/** A logger with the lines it wrote, parsed. */
export function recordingLog(level: LogLevel = 'debug'): {
  readonly log: Logger;
  readonly lines: Record<string, unknown>[];
  readonly text: () => string;
} {
  const written: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const stream = {
    write: (line: string): void => {
      written.push(line);
      lines.push(JSON.parse(line) as Record<string, unknown>);
    },
  };
  return { log: createLogger({ level, name: 'test', stream }), lines, text: () => written.join('') };
}
