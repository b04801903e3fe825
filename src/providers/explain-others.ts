/** Events that are no messages, in the field names of `hunfly webhook explain`. */
import type { Loose } from '../lib/loose.ts';
import { mediaFields } from './explain-media.ts';
import { canonical, primary } from './identity.ts';
import type {
  CallEvent,
  ConsentEvent,
  ContactChangeEvent,
  ContactSyncEvent,
  GroupUpdateEvent,
  HistoryMediaEvent,
  PollVoteEvent,
} from './inbound.ts';

/** `options` is the voter's whole choice; null where it is encrypted. */
export function ofVote(event: PollVoteEvent): Loose {
  return {
    provider_message_id: event.providerMessageId,
    from: event.direction === 'outbound' ? event.own : primary(event.sender ?? event.chat),
    chat: primary(event.chat),
    target_id: event.targetId,
    options: event.options,
  };
}

/** The new address only where the payload names one. */
export function ofContactChange({ change, providerMessageId, chat, text, renamed }: ContactChangeEvent): Loose {
  const next = renamed === null ? {} : { new_id: primary(renamed), new_ids: renamed.addresses.map(canonical) };
  return { change, provider_message_id: providerMessageId, from: primary(chat), text, ...next };
}

/** `event` is the carrier's own word. */
export function ofCall({ callId, from, to, event, direction }: CallEvent): Loose {
  return { provider_call_id: callId, from: primary(from), to: primary(to), event, direction };
}

/** `phone` only where the address is one. */
export function ofContactSync({ action, person }: ContactSyncEvent): Loose {
  const phone = person?.addresses.find(({ type }) => type === 'wa_id');
  return {
    action,
    phone: phone === undefined ? null : canonical(phone),
    id: primary(person),
    name: person?.name ?? null,
  };
}

/** `participants` only where the payload lists them. */
export function ofGroupUpdate({ chat, event, participants }: GroupUpdateEvent): Loose {
  return {
    chat: primary(chat),
    event,
    subject: chat?.name ?? null,
    ...(participants === null ? {} : { participants: participants.map(primary) }),
  };
}

/** Category and value in the carrier's words. */
export function ofConsent({ person, category, value, detail }: ConsentEvent): Loose {
  return { from: primary(person), category, value, detail };
}

/** As a message's attachment. */
export function ofHistoryMedia({ targetId, type, text, media }: HistoryMediaEvent): Loose {
  return { target_id: targetId, type, text, media: mediaFields(media, text) };
}
