/** An Evolution server's webhooks for the demo's instance: for groups and polls, which the simulator's customers do not write. */
import { DEMO_ACCOUNTS } from '../../../src/providers/simulator/demo-accounts.ts';
import type { Customer } from './customer.ts';
import type { Product } from './product.ts';

interface Upsert {
  readonly key: Readonly<Record<string, unknown>>;
  readonly author: Customer;
  readonly message: Readonly<Record<string, unknown>>;
}

/** Somebody writes into a group that the number is in; resolves when it is taken. */
export async function writeInGroup(
  product: Product,
  group: string,
  message: { readonly author: Customer; readonly id: string; readonly text: string },
): Promise<void> {
  const { author, id, text } = message;
  const key = { remoteJid: group, fromMe: false, id, participant: jidOf(author) };
  await upsert(product, { key, author, message: { conversation: text } });
}

/** A customer asks the number to choose; resolves when it is taken. */
export async function askOnEvolution(
  product: Product,
  author: Customer,
  poll: { readonly id: string; readonly question: string; readonly options: readonly string[] },
): Promise<void> {
  const { id, question, options } = poll;
  const asked = { name: question, options: options.map((optionName) => ({ optionName })), selectableOptionsCount: 1 };
  await upsert(product, {
    ...{ key: { remoteJid: jidOf(author), fromMe: false, id }, author },
    message: { pollCreationMessageV3: asked },
  });
}

const jidOf = ({ phone }: Customer): string => `${phone}@s.whatsapp.net`;

async function upsert(product: Product, { key, author, message }: Upsert): Promise<void> {
  const body = {
    event: 'messages.upsert',
    instance: DEMO_ACCOUNTS.find(({ provider }) => provider === 'evolution')?.channel,
    data: {
      ...{ key, pushName: author.name, message, messageType: Object.keys(message)[0] },
      messageTimestamp: Math.floor(Date.now() / 1000),
    },
  };
  const response = await fetch(`${product.nodes[0]?.url ?? ''}/api/webhooks/whatsapp/evolution`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-webhook-secret': product.system.env['EVOLUTION_WEBHOOK_SECRET'] ?? '',
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`webhook: ${String(response.status)} ${await response.text()}`);
}
