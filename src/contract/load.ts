/** The file that load scripts read: whom they act as, and with which credentials. Written by `hunfly load prepare`. */
import { z } from 'zod';
import { AccountId, MemberId, TenantId } from './ids.ts';

export const LoadAccount = z.object({ accountId: AccountId, externalId: z.string(), secret: z.string() });
/** A Cloud API number: `externalId` is its `phone_number_id`, `secret` signs its webhooks. */
export type LoadAccount = z.infer<typeof LoadAccount>;

export const LoadAgent = z.object({ memberId: MemberId, email: z.string(), token: z.string() });
/** A member with a session token that lives for a day. */
export type LoadAgent = z.infer<typeof LoadAgent>;

export const LoadTenant = z.object({
  tenantId: TenantId,
  slug: z.string(),
  accounts: z.array(LoadAccount).min(1),
  agents: z.array(LoadAgent).min(1),
});
/** A business of one run. */
export type LoadTenant = z.infer<typeof LoadTenant>;

export const LoadPlan = z.object({
  /** Where to send the load, without a trailing slash. */
  url: z.url(),
  /** Part of every name this run made. */
  run: z.string(),
  tenants: z.array(LoadTenant).min(1),
});
/** Everything a load script needs. It holds secrets: readable by its owner only. */
export type LoadPlan = z.infer<typeof LoadPlan>;
