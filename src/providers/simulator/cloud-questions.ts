/** Meta's responses about a number and about the templates of its business account. */
import type { Loose } from '../../lib/loose.ts';
import { only, type ApiReader, type ApiRequest } from './api.ts';
import { graphError } from './graph-error.ts';
import type { SimulatedAccount } from './options.ts';
import { TEMPLATES, type SimTemplate } from './templates.ts';
import type { World } from './world.ts';

const PAGE = 4;

/** The id of a number's business account, the same as in its webhooks. Each number has its own. */
export function businessOf(account: SimulatedAccount): string {
  return `2${account.channel.slice(1)}`;
}

/** Reads GET calls of the Graph API. */
export const readCloudQuestion: ApiReader = (request, world) => {
  const { method, path, headers } = request;
  const [, id = '', edge] = /^\/v\d+(?:\.\d+)?\/(\d+)(?:\/(message_templates))?$/.exec(path) ?? [];
  if (id === '' || method !== 'GET') return null;
  const account = world.accounts.find(
    (one) => one.provider === 'cloud' && (edge === undefined ? one.channel : businessOf(one)) === id,
  );
  if (account === undefined) return only(null, 400, graphError(100, 'Unsupported get request'));
  if (headers['authorization'] !== `Bearer ${account.accessToken}`) {
    return only(account, 401, graphError(190, 'Invalid OAuth access token'));
  }
  return only(account, 200, edge === undefined ? numberOf(account, world) : templatesOf(request));
};

function numberOf(account: SimulatedAccount, world: World): Loose {
  const { quality, status } = world.condition(account.channel);
  return {
    id: account.channel,
    display_phone_number: `+${account.phone}`,
    verified_name: account.name ?? 'Simulated',
    quality_rating: quality,
    status,
    name_status: 'APPROVED',
    platform_type: 'CLOUD_API',
    throughput: { level: 'STANDARD' },
    messaging_limit_tier: 'TIER_2K',
  };
}

function templatesOf({ query }: ApiRequest): Loose {
  const from = Number(query.get('after') ?? '0');
  const data = TEMPLATES.slice(from, from + PAGE).map(templateOf);
  const after = String(from + PAGE);
  const more = from + PAGE < TEMPLATES.length ? { next: `https://graph.invalid/?after=${after}` } : {};
  return { data, paging: { cursors: { before: String(from), after }, ...more } };
}

function templateOf(template: SimTemplate, index: number): Loose {
  const { name, language, category, status, header, body, footer, isNamed, buttons } = template;
  const reason = status === 'REJECTED' ? 'PROMOTIONAL' : 'NONE';
  return {
    id: String(900_000_000_000_000 + index),
    name,
    language,
    category,
    status,
    rejected_reason: reason,
    quality_score: { score: 'UNKNOWN' },
    parameter_format: isNamed === true ? 'NAMED' : 'POSITIONAL',
    components: [
      ...(header === undefined ? [] : [{ type: 'HEADER', format: header }]),
      { type: 'BODY', text: body },
      ...(footer === undefined ? [] : [{ type: 'FOOTER', text: footer }]),
      ...(buttons === undefined ? [] : [{ type: 'BUTTONS', buttons }]),
    ],
  };
}
