/** Sends that arrive while others are being written share the next round: one query, one write, one commit. */
import { randomUUID } from 'node:crypto';

import { AbilityBuilder, createMongoAbility, subject } from '@casl/ability';

import { CHANNEL, OUTBOUND } from '../floor/redis.mjs';

/** As ours: one round is decided on while the server writes another. */
const ROUNDS_AT_ONCE = 2;
const PER_ROUND = 32;

/** @typedef {{ channel: string, tenant: string, member: string }} Claims */
/** @typedef {{ commandId: string, threadId: string, text: string }} Input */
/** @typedef {Record<string, any>} Row a row of the database */
/** @typedef {{ ok: boolean, data?: unknown, cursor?: { seq: number }, error?: { code: string } }} Answer */
/**
 * @typedef {object} Waiting
 * @property {Claims} claims
 * @property {Input} input
 * @property {(answer: Answer) => void} answer
 * @property {(error: unknown) => void} fail
 */

/**
 * @param {import('postgres').Sql} sql
 * @param {import('ioredis').Redis} redis
 * @returns {(claims: Claims, input: Input) => Promise<Answer>}
 */
export function openRounds(sql, redis) {
  /** @type {Waiting[]} */
  let waiting = [];
  /** Businesses of the rounds under way: none is in two at once, so nothing waits for a lock. @type {Set<string>} */
  const busy = new Set();
  let underWay = 0;

  return (claims, input) =>
    new Promise((answer, fail) => {
      waiting.push({ claims, input, answer, fail });
      begin();
    });

  function begin() {
    if (underWay === ROUNDS_AT_ONCE || (underWay > 0 && waiting.length < PER_ROUND / 2)) return;
    const round = take();
    if (round.length === 0) return;
    underWay += 1;
    void play(round)
      .catch((/** @type {unknown} */ error) => round.forEach(({ fail }) => fail(error)))
      .then(() => {
        for (const { claims } of round) busy.delete(claims.tenant);
        underWay -= 1;
        begin();
      });
  }

  /** @returns {Waiting[]} one a business at most, in the order of their businesses */
  function take() {
    /** @type {Waiting[]} */
    const round = [];
    /** @type {Waiting[]} */
    const later = [];
    for (const one of waiting) {
      if (round.length === PER_ROUND || busy.has(one.claims.tenant)) later.push(one);
      else {
        busy.add(one.claims.tenant);
        round.push(one);
      }
    }
    waiting = later;
    return round.sort((a, b) => (a.claims.tenant < b.claims.tenant ? -1 : 1));
  }

  /** @param {Waiting[]} round */
  async function play(round) {
    const place = String(Date.now());
    const asked = round.map(({ claims: { tenant, member }, input: { commandId, threadId, text } }) => {
      return {
        tenant,
        member,
        command: commandId,
        thread: threadId,
        seen: 0,
        message: randomUUID(),
        body: text,
        place,
      };
    });
    const found = await sql`select * from known(${JSON.stringify(asked)}::text::json)`;
    const allowed = asked.filter((row, index) => {
      const { role, version, assignee_id: assigneeId, result } = found[index] ?? {};
      row.seen = version;
      return !result && version && abilityOf(role, row.member).can('send', subject('Thread', { assigneeId }));
    });
    const told = await sql`select * from send(${JSON.stringify(allowed)}::text::json)`;
    const eventsOf = byCommand(told);
    tell(round, eventsOf);
    for (const [index, { input, answer }] of round.entries()) {
      answer(answerTo(found[index], eventsOf.get(input.commandId)));
    }
  }

  /**
   * @param {Waiting[]} round
   * @param {Map<string, Row[]>} eventsOf
   */
  function tell(round, eventsOf) {
    const rooms = [];
    for (const { claims, input } of round) {
      const events = eventsOf.get(input.commandId);
      if (events === undefined) continue;
      rooms.push([claims.channel, events]);
      void redis.xadd(OUTBOUND, '*', 'tenant', claims.tenant, 'thread', input.threadId);
    }
    void redis.publish(CHANNEL, JSON.stringify(rooms));
  }
}

/** @param {Row[]} told */
function byCommand(told) {
  /** @type {Map<string, Row[]>} */
  const events = new Map();
  for (const row of told) {
    const list = events.get(row['command']);
    if (list) list.push(row);
    else events.set(row['command'], [row]);
  }
  return events;
}

/**
 * @param {Row | undefined} found
 * @param {Row[] | undefined} events undefined when nothing was written
 * @returns {Answer}
 */
function answerTo(found, events) {
  if (found?.['result']) return { ok: true, data: found['result'] };
  if (events) return { ok: true, data: events[0]?.['data'], cursor: { seq: Number(events.at(-1)?.['seq']) } };
  return { ok: false, error: { code: found?.['version'] ? 'stale_view' : 'forbidden' } };
}

/**
 * @param {string} role
 * @param {string} member
 */
function abilityOf(role, member) {
  const { can, build } = new AbilityBuilder(createMongoAbility);
  if (role === 'lead') can('send', 'Thread');
  else can('send', 'Thread', { assigneeId: { $in: [null, member] } });
  return build();
}
