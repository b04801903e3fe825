/** The figures of a report: what came, what was done, how long customers waited. */
import { z } from 'zod';
import { MemberId, UserId } from './ids.ts';
import { Instant } from './instant.ts';
import { MAX_REPORT_DAYS } from './report-limits.ts';

const DAY_MS = 86_400_000;

const isOfOurTime = (day: string): boolean => day >= '1970-01-01' && day <= '9998-12-31';

export const ReportDay = z.iso
  .date({ error: 'must be a date such as 2026-01-31' })
  .refine(isOfOurTime, 'must be a date from 1970-01-01 to 9998-12-31');
/** A date in the requested time zone, within the range that all calendars and time zones support. */
export type ReportDay = z.infer<typeof ReportDay>;

export const TimeZone = z
  .string()
  .max(64)
  // Names only, because not every runtime supports offsets.
  .refine((name) => /^[A-Za-z]/.test(name) && isTimeZone(name), 'must name a time zone, such as Europe/Berlin');
/** An IANA time zone name. */
export type TimeZone = z.infer<typeof TimeZone>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Both days are included. */
export const reportRange = { from: ReportDay, to: ReportDay, timeZone: TimeZone.default('UTC') };

/** For the schema of a range: the days are in order, and not too many. */
export function isReportRange({ from, to }: { readonly from: ReportDay; readonly to: ReportDay }): boolean {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return days >= 1 && days <= MAX_REPORT_DAYS;
}

/** The error if they are not. */
export const NO_REPORT_RANGE = {
  path: ['to'],
  error: `must be \`from\` or one of the ${String(MAX_REPORT_DAYS - 1)} days after it`,
};

const count = z.number().int().nonnegative();

export const Waits = z.object({ p50: count, p90: count });
/** Waits that ended with an answer, in ms: the median and the 90th percentile. */
export type Waits = z.infer<typeof Waits>;

const done = {
  /** Messages written by members. */
  sent: count,
  /** Conversations resolved, by who resolved them. */
  resolved: count,
  /** Answers to customers who waited for one. */
  answered: count,
  /** How long those had waited; null if there were none, and for callers who see usage only. */
  waitMs: Waits.nullable(),
};

export const ReportFigures = z.object({
  /** Customers' messages, by the time they were received; null for callers who see only their own figures. */
  received: count.nullable(),
  /** Conversations begun, or reopened after they were resolved; null as for `received`. */
  begun: count.nullable(),
  ...done,
});
/** The figures of a day or of the whole range. */
export type ReportFigures = z.infer<typeof ReportFigures>;

export const MemberFigures = z.object({
  memberId: MemberId,
  userId: UserId,
  displayName: z.string(),
  /** No longer in the team. */
  removed: z.boolean(),
  ...done,
});
/** What one member did in the range. */
export type MemberFigures = z.infer<typeof MemberFigures>;

export const Report = z.object({
  /** Every day of the range, in order. */
  days: z.array(ReportFigures.extend({ day: ReportDay })),
  /** Members with any activity, by name; for agents only themselves, for callers who see usage only nobody. */
  members: z.array(MemberFigures),
  total: ReportFigures,
  /** Everything until then is counted; null before anything was. */
  countedUntil: Instant.nullable(),
});
export type Report = z.infer<typeof Report>;
