/** An Evolution server's webhooks for the demo's instance: for groups, in which the simulator's customers do not write. */
import { DEMO_ACCOUNTS } from '../../../src/providers/simulator/demo-accounts.ts';
import type { Customer } from './customer.ts';
import type { Product } from './product.ts';

/** Somebody writes into a group that the number is in; resolves when it is taken. */
export async function writeInGroup(
  product: Product,
  group: string,
  message: { readonly author: Customer; readonly id: string; readonly text: string },
): Promise<void> {
  const { author, id, text } = message;
  const body = {
    event: 'messages.upsert',
    instance: DEMO_ACCOUNTS.find(({ provider }) => provider === 'evolution')?.channel,
    data: {
      key: { remoteJid: group, fromMe: false, id, participant: `${author.phone}@s.whatsapp.net` },
      pushName: author.name,
      message: { conversation: text },
      messageType: 'conversation',
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
