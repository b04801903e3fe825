/** Meta's Graph API for messages: `POST /v{version}/{phone_number_id}/messages`. */
import { asName, asObject, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { readCloudContent, refuseUpload } from './cloud-content.ts';
import { only, type ApiAnswer, type ApiReader, type Understood } from './api.ts';
import { graphError } from './graph-error.ts';
import { readCloudMedia } from './cloud-media.ts';
import type { SimulatedAccount } from './options.ts';
import type { SentByBusiness } from './phone.ts';
import type { SimFile } from './uploads.ts';
import type { World } from './world.ts';

/** Reads calls of the Graph API. */
export const readCloudCall: ApiReader = (request, world) => {
  if (request.method === 'GET') return readCloudMedia(request, world);
  return request.method === 'POST' ? readPost(request, world) : null;
};

const readPost: ApiReader = ({ path, headers, json, file }, world) => {
  const [, channel, edge] = /^\/v\d+(?:\.\d+)?\/([^/]+)\/(messages|media)$/.exec(path) ?? [];
  if (channel === undefined) return null;
  const account = world.account(decodeURIComponent(channel));
  if (account?.provider !== 'cloud') return only(null, 400, graphError(100, 'Unsupported post request'));
  if (headers['authorization'] !== `Bearer ${account.accessToken}`) {
    return only(account, 401, graphError(190, 'Invalid OAuth access token'));
  }
  if (json['messaging_product'] !== 'whatsapp') return withoutProduct(account);
  if (edge === 'media') return upload(account, json, file);
  return json['status'] === 'read' ? markRead(account, json, world) : message(account, json, world);
};

function withoutProduct(account: SimulatedAccount): Understood {
  return only(account, 400, graphError(100, 'The parameter messaging_product is required.'));
}

function upload(account: SimulatedAccount, json: Loose, file: SimFile | null): Understood {
  if (file === null) return only(account, 400, graphError(100, 'Param file must be a file'));
  const refused = refuseUpload(file, asText(json['type'], 256) ?? '');
  if (refused !== null) return only(account, 400, graphError(refused.code, refused.problem));
  return { account, wish: { kind: 'upload', file, answer: (id) => ({ status: 200, body: { id } }) } };
}

function markRead(account: SimulatedAccount, json: Loose, world: World): Understood {
  const found = world.find(asText(json['message_id']) ?? '');
  if (found?.chat.account !== account) return only(account, 400, graphError(131009, 'Parameter value is not valid'));
  const typing = asObject(json['typing_indicator']) !== null;
  const answer = { status: 200, body: { success: true } };
  return { account, wish: { kind: 'read', customer: found.chat.customer, typing, answer } };
}

function message(account: SimulatedAccount, json: Loose, world: World): Understood {
  const customer = asName(json['to'])?.replace(/^\+/, '') ?? asName(json['recipient']);
  if (customer === null) return only(account, 400, graphError(131008, 'Required parameter is missing', 'to'));
  const clientRef = asName(json['biz_opaque_callback_data'], 512);
  if (json['type'] === 'reaction') return reaction(account, json, clientRef, customer);
  const shown = readCloudContent(json, (id) => world.uploads.find(account.channel, id));
  if ('problem' in shown) return only(account, 400, graphError(shown.code, shown.problem));
  const quoteId = asName(orEmpty(json['context'])['message_id']);
  const sent: SentByBusiness = { ...shown, quoteId, clientRef, wantedId: null };
  return { account, wish: { kind: 'send', customer, sent, answer: (id) => accepted(customer, id) } };
}

function reaction(account: SimulatedAccount, json: Loose, clientRef: string | null, customer: string): Understood {
  const part = orEmpty(json['reaction']);
  const targetId = asName(part['message_id']);
  if (targetId === null) return only(account, 400, graphError(131008, 'Required parameter is missing', 'message_id'));
  const emoji = asText(part['emoji'], 64) ?? '';
  return { account, wish: { kind: 'react', targetId, emoji, clientRef, answer: (id) => accepted(customer, id) } };
}

function accepted(customer: string, id: string): ApiAnswer {
  const who = customer.includes('.') ? { user_id: customer } : { wa_id: customer };
  const contacts = [{ input: customer, ...who }];
  return { status: 200, body: { messaging_product: 'whatsapp', contacts, messages: [{ id }] } };
}
