/** `report:read`: the figures of a range of days, as far as who asks may see them. */
import { InboxError } from '../../contract/errors.ts';
import type { ReportFigures } from '../../contract/reports.ts';
import { daysIn } from '../../lib/calendar.ts';
import type { Command } from '../command.ts';
import { reportScope } from '../team/ability.ts';

/** Throws forbidden. */
export const readReport: Command<'report:read'> = {
  name: 'report:read',
  access: 'read',
  run({ ability }, { from, to, timeZone }) {
    const scope = reportScope(ability);
    if (scope === 'none') throw new InboxError('forbidden', 'Your role has no reports.');
    const nobodys = scope === 'own' ? null : 0;
    const none: ReportFigures = { received: nobodys, begun: nobodys, sent: 0, resolved: 0, answered: 0, waitMs: null };
    const days = daysIn(timeZone, from, to).map(({ date }) => ({ day: date, ...none }));
    return Promise.resolve({ data: { days, members: [], total: none, countedUntil: null } });
  },
};
