/** Twilio's responses about an account, its senders, its messages and its Content templates. */
import type { Loose } from '../../lib/loose.ts';
import { only, type ApiReader, type ApiRequest } from './api.ts';
import type { SimulatedAccount } from './options.ts';
import { contentSid, TEMPLATES } from './templates.ts';
import { isAuthentic, twilioError } from './twilio-api.ts';
import { whatsappAddress } from './twilio-carrier.ts';
import { contentOf } from './twilio-template.ts';
import type { Chat, SimMessage, World } from './world.ts';

type Question = (account: SimulatedAccount, world: World, request: ApiRequest) => Loose;

const PATHS: readonly (readonly [RegExp, Question])[] = [
  [/^\/2010-04-01\/Accounts\/AC\w+\.json$/, ({ accountSid }) => ({ sid: accountSid, status: 'active' })],
  [/^\/2010-04-01\/Accounts\/AC\w+\/Messages\.json$/, listMessages],
  [/^\/v2\/Channels\/Senders$/, listSenders],
  [/^\/v1\/ContentAndApprovals$/, listContent],
];

/** Reads the calls that only ask something. The credentials tell which account is meant. */
export const readTwilioQuestion: ApiReader = (request, world) => {
  if (request.method !== 'GET') return null;
  const question = PATHS.find(([path]) => path.test(request.path))?.[1];
  if (question === undefined) return null;
  const account = world.accounts.find((one) => one.provider === 'twilio' && isAuthentic(request, one));
  if (account === undefined) return only(null, 401, twilioError(401, 20003, 'Authenticate'));
  return only(account, 200, question(account, world, request));
};

function listSenders({ accountSid }: SimulatedAccount, world: World): Loose {
  const ours = world.accounts.filter((one) => one.provider === 'twilio' && one.accountSid === accountSid);
  const senders = ours.map(({ channel, name }) => ({
    sender_id: channel,
    status: world.condition(channel).sender,
    profile: { name: name ?? 'Simulated' },
    properties: { quality_rating: 'HIGH', messaging_limit: '1K Customers/24hr' },
  }));
  return { senders, meta: { next_page_url: null } };
}

const PAGE = 20;

/** Newest first. Pages always have twenty messages, whatever is asked for, so that paging gets exercised. */
function listMessages({ accountSid = '' }: SimulatedAccount, world: World, { path, query }: ApiRequest): Loose {
  const from = Number(query.get('Page') ?? '0') * PAGE;
  const sinceMs = Date.parse(query.get('DateSent>') ?? '');
  const all = world.chats
    .filter((chat) => chat.account.accountSid === accountSid)
    .flatMap((chat) => chat.messages.map((message) => resourceOf(chat, message)))
    .filter((one) => ['To', 'From'].every((end) => matches(one, end, query)))
    .filter((one) => Number.isNaN(sinceMs) || Date.parse(String(one['date_sent'])) >= sinceMs)
    .sort((a, b) => Date.parse(String(b['date_sent'])) - Date.parse(String(a['date_sent'])));
  const following = new URLSearchParams(query);
  following.set('Page', String(from / PAGE + 1));
  const next = from + PAGE < all.length ? `${path}?${following.toString()}` : null;
  return { messages: all.slice(from, from + PAGE), next_page_uri: next };
}

function matches(resource: Loose, end: string, query: URLSearchParams): boolean {
  const wanted = query.get(end);
  return wanted === null || resource[end.toLowerCase()] === wanted;
}

function resourceOf({ account, customer }: Chat, message: SimMessage): Loose {
  const ours = message.author === 'business';
  const [from, to] = ours ? [account.channel, whatsappAddress(customer)] : [whatsappAddress(customer), account.channel];
  const status = message.tick === 'accepted' ? 'queued' : message.tick;
  return {
    sid: message.id,
    from,
    to,
    body: message.text,
    num_media: '0',
    account_sid: account.accountSid,
    direction: ours ? 'outbound-api' : 'inbound',
    status: ours ? status : 'received',
    // Twilio writes dates in the format of e-mail, to the second.
    date_sent: new Date(message.atMs).toUTCString(),
    error_code: null,
    error_message: null,
  };
}

function listContent(): Loose {
  const contents = TEMPLATES.map((template) => {
    const { name, language, category, status } = template;
    const { type, part, variables } = contentOf(template);
    return {
      sid: contentSid(template),
      friendly_name: name,
      language,
      types: { [type]: part },
      variables: Object.fromEntries(variables.map((variable) => [variable, 'sample'])),
      approval_requests: { name, category, status: status.toLowerCase(), rejection_reason: '' },
    };
  });
  return { contents, meta: { next_page_url: null } };
}
