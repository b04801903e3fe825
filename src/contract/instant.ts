/** An instant, in the form in which it crosses every boundary. */
import { z } from 'zod';

export const Instant = z.iso.datetime({ error: 'must be an ISO 8601 UTC instant' });
/** ISO 8601 UTC text with milliseconds, e.g. `2026-01-02T03:04:05.678Z`. */
export type Instant = z.infer<typeof Instant>;
