/** Whether a system did what it was asked: nothing lost, nothing twice, order kept, counters right. Pure. */

/** @typedef {import('../systems/system.mjs').Conversation} Conversation */

/**
 * @typedef {object} Verdict How often each promise was broken.
 * @property {number} lost accepted, and not in the database
 * @property {number} unseen accepted, and never shown
 * @property {number} doubled in the database twice, shown twice, or never sent
 * @property {number} disorder conversations that do not read in the order in which they were written
 * @property {number} miscounted conversations whose unread count is not their number of messages
 * @property {number} wrongLast conversations that show another message than their last
 */

/**
 * @param {Pick<import('../driver/driver.mjs').Result, 'accepted' | 'unseen' | 'copies' | 'strangers'>} result
 * @param {Conversation[]} conversations all of the system, earlier runs included
 * @returns {Verdict}
 */
export function judge(result, conversations) {
  const found = new Map(conversations.map((one) => [`${one.channel} ${one.contact}`, one]));
  const verdict = {
    ...{ lost: 0, unseen: result.unseen, doubled: result.copies + result.strangers },
    ...{ disorder: 0, miscounted: 0, wrongLast: 0 },
  };
  for (const [key, accepted] of result.accepted) {
    const stored = found.get(key)?.wamids ?? [];
    const known = new Set(accepted);
    const ours = stored.filter((wamid) => known.has(wamid));
    const distinct = [...new Set(ours)];
    verdict.lost += accepted.length - distinct.length;
    verdict.doubled += ours.length - distinct.length;
    const there = new Set(distinct);
    const expected = accepted.filter((wamid) => there.has(wamid));
    if (expected.some((wamid, index) => distinct[index] !== wamid)) verdict.disorder += 1;
  }
  for (const { wamids, unread, last } of conversations) {
    if (unread !== wamids.length) verdict.miscounted += 1;
    if (last !== wamids.at(-1)) verdict.wrongLast += 1;
  }
  return verdict;
}

/**
 * @param {Verdict} verdict
 * @returns {string[]} what was broken, in words; empty when nothing was
 */
export function broken(verdict) {
  return Object.entries(verdict).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
}
