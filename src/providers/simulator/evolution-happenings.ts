/** What an Evolution server's webhooks report apart from messages, answers and their states. */
import { asName, asObjects, orEmpty, type Loose } from '../../lib/loose.ts';
import type { Hook } from './carrier.ts';
import { evolutionCarrier, evolutionHook, jidOfCustomer } from './evolution-carrier.ts';
import type { Answered, Happenings, Stage } from './happenings.ts';
import type { Persona } from './people.ts';

const newId = (): string => evolutionCarrier.newId('customer');
const seconds = (ms: number): number => Math.floor(ms / 1000);
const DAY_MS = 86_400_000;
const GROUP = '120363000000000001@g.us';

function upsert({ account, nowMs }: Stage, person: { readonly name: string }, item: Loose): Hook {
  const shared = { pushName: person.name, status: 'DELIVERY_ACK', instanceId: 'simulated', source: 'ios' };
  return evolutionHook(account, 'messages.upsert', { ...shared, messageTimestamp: seconds(nowMs), ...item }, nowMs);
}

/** A person's lines, one day apart, each answered from the phone. */
function oldThread({ nowMs }: Stage, { phone, name, lines }: Persona): Loose[] {
  const remoteJid = jidOfCustomer(phone);
  return lines.flatMap((conversation, index) => {
    const at = seconds(nowMs - (lines.length - index + 1) * DAY_MS);
    const stored = { messageType: 'conversation', instanceId: 'simulated' };
    return [
      {
        ...stored,
        pushName: name,
        status: 'READ',
        messageTimestamp: at,
        source: 'ios',
        key: { remoteJid, fromMe: false, id: newId() },
        message: { conversation },
      },
      {
        ...stored,
        pushName: 'Você',
        status: 'READ',
        messageTimestamp: at + 60,
        source: 'web',
        key: { remoteJid, fromMe: true, id: newId() },
        message: { conversation: '👍' },
      },
    ];
  });
}

function history(stage: Stage): Hook[] {
  const { account, people, nowMs } = stage;
  const of = (some: readonly Persona[]): Hook =>
    evolutionHook(
      account,
      'messages.set',
      some.flatMap((person) => oldThread(stage, person)),
      nowMs,
    );
  return [of(people.slice(2, 4)), of(people.slice(0, 2))];
}

/** Members are named by LID, with the phone number beside it. */
function groups(stage: Stage): Hook[] {
  return stage.people.slice(0, 3).map((person, index) => {
    const member = {
      participant: `22000000000${String(1000 + index)}@lid`,
      participantAlt: jidOfCustomer(person.phone),
    };
    const key = { remoteJid: GROUP, fromMe: false, id: newId(), ...member, addressingMode: 'lid' };
    return upsert(stage, person, { key, message: { conversation: person.lines[0] }, messageType: 'conversation' });
  });
}

function calls({ account, people, nowMs }: Stage): Hook[] {
  return people.slice(0, 1).flatMap(({ phone }) => {
    const from = jidOfCustomer(phone);
    const call = {
      chatId: from,
      from,
      id: newId(),
      date: new Date(nowMs).toISOString(),
      isVideo: false,
      isGroup: false,
    };
    return ['offer', 'timeout'].map((status) => evolutionHook(account, 'call', { ...call, status }, nowMs));
  });
}

function polls(stage: Stage): Hook[] {
  const asked = stage.people.slice(0, 1).map((person) => {
    const key = { remoteJid: jidOfCustomer(person.phone), fromMe: false, id: newId(), participant: '' };
    const options = ['Monday', 'Tuesday'].map((optionName) => ({ optionName }));
    const pollCreationMessageV3 = { name: 'Which day suits you?', options, selectableOptionsCount: 1 };
    return upsert(stage, person, { key, message: { pollCreationMessageV3 }, messageType: 'pollCreationMessageV3' });
  });
  const ours = stage.answered.filter(({ message }) => message.kind === 'poll');
  return [...asked, ...ours.map((one) => vote(stage, one))];
}

/** A vote for the first option. */
function vote(stage: Stage, { chat, message }: Answered): Hook {
  const remoteJid = jidOfCustomer(chat.customer);
  const poll = orEmpty(orEmpty(message.prepared)['pollCreationMessage']);
  const chosen = asName(asObjects(poll['options'])[0]?.['optionName']);
  const pollUpdateMessage = {
    pollCreationMessageKey: { remoteJid, fromMe: true, id: message.id, participant: '' },
    vote: { selectedOptions: [chosen] },
    senderTimestampMs: stage.nowMs,
  };
  const key = { remoteJid, fromMe: false, id: newId(), participant: '' };
  return upsert(stage, chat, { key, message: { pollUpdateMessage }, messageType: 'pollUpdateMessage' });
}

/** The happenings that an Evolution server reports. */
export const evolutionHappenings: Happenings = { history, groups, calls, polls };
