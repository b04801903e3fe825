/** `report:read`: the figures of a range of days, as far as the caller may see them. */
import { InboxError } from '../../contract/errors.ts';
import type { MemberFigures, ReportFigures } from '../../contract/reports.ts';
import { daysIn } from '../../lib/calendar.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Caller, Command } from '../command.ts';
import { reportScope, type ReportScope } from '../team/ability.ts';
import {
  selectCountedUntil,
  selectFacts,
  selectPeople,
  selectSlots,
  type FactRow,
  type SlotRow,
} from './read-queries.ts';

/** Throws forbidden. */
export const readReport: Command<'report:read'> = {
  name: 'report:read',
  access: 'read',
  async run({ tx, ability, caller }, { from, to, timeZone }) {
    const scope = reportScope(ability);
    if (scope === 'none') throw new InboxError('forbidden', 'Your role has no reports.');
    const { tenantId } = caller;
    const days = daysIn(timeZone, from, to);
    const bounds = [...days.map(({ fromMs }) => fromMs), ...days.slice(-1).map(({ toMs }) => toMs)];
    const wanted = {
      tenantId,
      memberId: scope === 'own' ? caller.memberId : null,
      bounds: bounds.map((ms) => new Date(ms)),
    };
    // Sent together: none waits for another's answer.
    const [slots, facts, countedUntil] = await Promise.all([
      selectSlots(tx, wanted),
      selectFacts(tx, wanted),
      selectCountedUntil(tx, tenantId),
    ]);
    const figures = (day: number | null): ReportFigures => {
      const one = (row: SlotRow | FactRow): boolean => !row.isMember && row.day === day;
      return figuresOf({ ...NOTHING, ...facts.find(one), ...slots.find(one) }, scope);
    };
    return {
      data: {
        days: days.map(({ date }, index) => ({ day: date, ...figures(index + 1) })),
        members: await membersOf(tx, caller, scope, { slots, facts }),
        total: figures(null),
        countedUntil,
      },
    };
  },
};

/** The figures of a day without a row. */
const NOTHING = { received: 0, sent: 0, begun: 0, resolved: 0, answered: 0, p50: null, p90: null } as const;

/** All rows of a range. */
interface Rows {
  readonly slots: readonly SlotRow[];
  readonly facts: readonly FactRow[];
}

/** Members with any activity; for own figures, only the caller; nobody for callers who see usage only. */
async function membersOf(tx: Tx, caller: Caller, scope: ReportScope, { slots, facts }: Rows): Promise<MemberFigures[]> {
  if (scope === 'usage') return [];
  const found = [...slots, ...facts].flatMap(({ isMember, memberId }) =>
    isMember && memberId !== null ? [memberId] : [],
  );
  const people = await selectPeople(tx, caller.tenantId, scope === 'own' ? [caller.memberId] : [...new Set(found)]);
  return people.map((person) => {
    const one = (row: SlotRow | FactRow): boolean => row.isMember && row.memberId === person.memberId;
    const { sent, resolved, answered, waitMs } = figuresOf(
      { ...NOTHING, ...facts.find(one), ...slots.find(one) },
      scope,
    );
    return { ...person, sent, resolved, answered, waitMs };
  });
}

type Counted = Pick<SlotRow & FactRow, keyof typeof NOTHING>;

/** The public figures. Figures that belong to nobody are null among one's own. */
function figuresOf(
  { received, begun, sent, resolved, answered, p50, p90 }: Counted,
  scope: ReportScope,
): ReportFigures {
  const nobodys = scope === 'own' ? { received: null, begun: null } : { received, begun };
  const waitMs = p50 === null || p90 === null || scope === 'usage' ? null : { p50, p90 };
  return { ...nobodys, sent, resolved, answered, waitMs };
}
