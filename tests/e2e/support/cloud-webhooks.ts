/** Meta's webhooks for the demo's number, in Meta's own words: for kinds that the simulator's customers do not write. */
import { createHmac } from 'node:crypto';
import { DEMO_ACCOUNTS } from '../../../src/providers/simulator/demo-accounts.ts';
import type { Customer } from './customer.ts';
import type { Product } from './product.ts';

/** A message's type and the part that is named like it, and whatever else it carries. */
export interface CloudContent {
  readonly type: string;
  readonly id?: string;
  readonly [part: string]: unknown;
}

let messages = 0;

const identified = (
  content: CloudContent,
  about: { readonly from: string; readonly seconds: number },
): CloudContent => {
  messages += 1;
  return { id: `wamid.e2e-${String(messages)}`, from: about.from, timestamp: String(about.seconds), ...content };
};

/** One change of this field for the demo's number; resolves when it is taken. */
async function post(product: Product, field: string, part: Readonly<Record<string, unknown>>): Promise<void> {
  const account = DEMO_ACCOUNTS.find(({ provider }) => provider === 'cloud');
  const metadata = { display_phone_number: account?.phone, phone_number_id: account?.channel };
  const value = { messaging_product: 'whatsapp', metadata, ...part };
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '1', changes: [{ field, value }] }],
  });
  const secret = product.system.env['META_APP_SECRET'] ?? '';
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  const response = await fetch(`${product.nodes[0]?.url ?? ''}/api/webhooks/whatsapp/cloud-api`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${digest}` },
    body,
  });
  if (!response.ok) throw new Error(`webhook: ${String(response.status)} ${await response.text()}`);
}

/** What the phone and the customer wrote before the number was connected, a minute apart, the last one a day ago. */
export async function importFromPhone(
  product: Product,
  customer: Customer,
  contents: readonly CloudContent[],
): Promise<void> {
  const first = Math.floor(Date.now() / 1000) - 86_400 - contents.length * 60;
  const items = contents.map((content, index) =>
    identified(content, { from: customer.phone, seconds: first + index * 60 }),
  );
  await post(product, 'history', { history: [{ threads: [{ id: customer.phone, messages: items }] }] });
}

/** The customer sends these, a second apart, oldest first; resolves when all are taken. Returns their ids. */
export async function writeOnCloud(
  product: Product,
  customer: Customer,
  contents: readonly CloudContent[],
): Promise<readonly string[]> {
  const first = Math.floor(Date.now() / 1000) - contents.length;
  const items = contents.map((content, index) => identified(content, { from: customer.phone, seconds: first + index }));
  const contacts = [{ profile: { name: customer.name }, wa_id: customer.phone }];
  await post(product, 'messages', { contacts, messages: items });
  return items.map(({ id }) => id ?? '');
}
