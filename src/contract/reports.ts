/** How the last days were: what came, what was done, how long customers waited. */
import { z } from 'zod';
import { MemberId, UserId } from './ids.ts';
import { Instant } from './instant.ts';
import { MAX_REPORT_DAYS } from './report-limits.ts';

const DAY_MS = 86_400_000;

const isOfOurTime = (day: string): boolean => day >= '1970-01-01' && day <= '9998-12-31';

export const ReportDay = z.iso
  .date({ error: 'must be a date such as 2026-01-31' })
  .refine(isOfOurTime, 'must be a date from 1970-01-01 to 9998-12-31');
/** A date of the time zone that was asked for, as far as every calendar and every time zone goes. */
export type ReportDay = z.infer<typeof ReportDay>;

export const TimeZone = z
  .string()
  .max(64)
  // Names only: not every runtime takes offsets.
  .refine((name) => /^[A-Za-z]/.test(name) && isTimeZone(name), 'must name a time zone, such as Europe/Berlin');
/** As IANA names it. */
export type TimeZone = z.infer<typeof TimeZone>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Both days are in it. */
export const reportRange = { from: ReportDay, to: ReportDay, timeZone: TimeZone.default('UTC') };

/** For a schema of a range: the days are in order, and not too many. */
export function isReportRange({ from, to }: { readonly from: ReportDay; readonly to: ReportDay }): boolean {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return days >= 1 && days <= MAX_REPORT_DAYS;
}

/** What is said where they are not. */
export const NO_REPORT_RANGE = {
  path: ['to'],
  error: `must be \`from\` or one of the ${String(MAX_REPORT_DAYS - 1)} days after it`,
};

const count = z.number().int().nonnegative();

export const Waits = z.object({ p50: count, p90: count });
/** Of the waits that an answer ended, in ms: half of them were as long as the first or shorter, nine in ten as the second. */
export type Waits = z.infer<typeof Waits>;

const done = {
  /** Messages written by members. */
  sent: count,
  /** Conversations resolved, by who resolved them. */
  resolved: count,
  /** Answers to customers who waited for one. */
  answered: count,
  /** How long those had waited; null without any, and for who sees no more than usage. */
  waitMs: Waits.nullable(),
};

export const ReportFigures = z.object({
  /** Messages of customers, when they were received; null for who sees no figures but their own. */
  received: count.nullable(),
  /** Conversations begun, or taken up again after they were resolved; null as above. */
  begun: count.nullable(),
  ...done,
});
/** Of a day or of the whole range. */
export type ReportFigures = z.infer<typeof ReportFigures>;

export const MemberFigures = z.object({
  memberId: MemberId,
  userId: UserId,
  displayName: z.string(),
  /** No longer of the team. */
  removed: z.boolean(),
  ...done,
});
/** What one member did in the range. */
export type MemberFigures = z.infer<typeof MemberFigures>;

export const Report = z.object({
  /** Every day of the range, the first one first. */
  days: z.array(ReportFigures.extend({ day: ReportDay })),
  /** Who did anything, by name; for an agent themself alone, for who sees no more than usage nobody. */
  members: z.array(MemberFigures),
  total: ReportFigures,
  /** What happened until then is counted; null before anything was. */
  countedUntil: Instant.nullable(),
});
export type Report = z.infer<typeof Report>;
