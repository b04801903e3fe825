/** What Meta's webhooks report apart from messages, answers and their states. */
import type { Loose } from '../../lib/loose.ts';
import type { Hook } from './carrier.ts';
import { cloudCarrier, cloudHook, seconds } from './cloud-carrier.ts';
import type { Happenings, Stage } from './happenings.ts';
import type { Persona } from './people.ts';

const newId = (): string => cloudCarrier.newId('customer');
const profile = ({ phone, name }: Persona): Loose => ({ profile: { name }, wa_id: phone });

const DAY_MS = 86_400_000;

/** A person's lines, one day apart, each answered from the phone. */
function oldThread({ account, nowMs }: Stage, { phone, lines }: Persona): Loose {
  const messages = lines.flatMap((body, index) => {
    const atMs = nowMs - (lines.length - index + 1) * DAY_MS;
    const said = { type: 'text', history_context: { status: 'READ' } };
    return [
      { ...said, from: phone, id: newId(), timestamp: seconds(atMs), text: { body } },
      { ...said, from: account.phone, to: phone, id: newId(), timestamp: seconds(atMs + 60_000), text: { body: '👍' } },
    ];
  });
  return { id: phone, messages };
}

function history(stage: Stage): Hook[] {
  const chunk = (people: readonly Persona[], order: number): Hook => {
    const threads = people.map((person) => oldThread(stage, person));
    const metadata = { phase: 0, chunk_order: order, progress: 50 * order };
    return cloudHook(stage.account, { history: [{ metadata, threads }] }, 'history');
  };
  // Chunks come in any order.
  return [chunk(stage.people.slice(2, 4), 2), chunk(stage.people.slice(0, 2), 1)];
}

function groups({ account, people, nowMs }: Stage): Hook[] {
  const group_id = Buffer.from(`capi_group:${account.phone}:120363000000000001`).toString('base64');
  return people.slice(0, 3).map((person) => {
    const said = { type: 'text', text: { body: person.lines[0] } };
    const message = { ...said, from: person.phone, group_id, id: newId(), timestamp: seconds(nowMs) };
    return cloudHook(account, { contacts: [profile(person)], messages: [message] });
  });
}

function calls({ account, people, nowMs }: Stage): Hook[] {
  return people.slice(0, 1).flatMap((person) => {
    const id = `wacid.${newId().slice(6)}`;
    const call = { id, from: person.phone, to: account.phone, direction: 'USER_INITIATED', timestamp: seconds(nowMs) };
    return ['connect', 'terminate'].map((event) =>
      cloudHook(account, { contacts: [profile(person)], calls: [{ ...call, event }] }, 'calls'),
    );
  });
}

/** Meta reports a poll without its question. */
function polls({ account, people, nowMs }: Stage): Hook[] {
  return people.slice(0, 1).map((person) => {
    const errors = [{ code: 131051, title: 'Message type unknown', message: 'Message type unknown' }];
    const kind = { type: 'unsupported', unsupported: { type: 'poll_creation' }, errors };
    const message = { ...kind, from: person.phone, id: newId(), timestamp: seconds(nowMs) };
    return cloudHook(account, { contacts: [profile(person)], messages: [message] });
  });
}

/** A customer says that they have another number from now on. */
function numberChange({ account, people, nowMs }: Stage): Hook[] {
  return people.slice(0, 1).map((person) => {
    const { phone, name } = person;
    const wa_id = `${phone.slice(0, -4)}${String(nowMs % 10_000).padStart(4, '0')}`;
    const body = `User ${name} changed from ${phone} to ${wa_id}`;
    const message = { from: phone, id: newId(), timestamp: seconds(nowMs), type: 'system' };
    const system = { body, wa_id, type: 'user_changed_number' };
    return cloudHook(account, { messages: [{ ...message, system }] });
  });
}

const MANY = 5000;

function statuses({ account, answered, nowMs, people }: Stage): Hook[] {
  const known = answered.map(({ chat, message }) => ({ id: message.id, recipient_id: chat.customer }));
  const unknown = Array.from({ length: MANY - known.length }, () => ({
    id: newId(),
    recipient_id: people[0]?.phone ?? account.phone,
  }));
  const all = [...unknown, ...known].map((one) => ({ ...one, status: 'read', timestamp: seconds(nowMs) }));
  return [cloudHook(account, { statuses: all })];
}

/** The happenings that the Cloud API reports. */
export const cloudHappenings: Happenings = { history, groups, calls, polls, 'number-change': numberChange, statuses };
