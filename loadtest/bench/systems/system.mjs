/** What the bench knows of a system: how its database is made, which processes it has, where its doors are. */

/**
 * @typedef {object} Team What every system is set up with: one number and one agent per tenant.
 * @property {string} secret signs webhooks
 * @property {Record<string, string>} env secrets of every process
 * @property {string[]} channels the numbers' ids, one per tenant
 * @property {string[]} tokens session tokens, one per tenant
 */

/**
 * @typedef {object} Doors Where the driver goes.
 * @property {{ ports: number[], path: string }} webhook
 * @property {{ ports: number[], dialect: import('../driver/dialects.mjs').DialectName }} screens
 */

/**
 * @typedef {object} Conversation As the system's database has it.
 * @property {string} channel
 * @property {string} contact
 * @property {string[]} wamids in the order in which the conversation is read
 * @property {number} unread
 * @property {string | null} last wamid of what the list shows as the last message
 */

/**
 * @typedef {object} System
 * @property {string} name
 * @property {(url: string, channels: string[]) => Promise<Team>} prepare fills an empty database
 * @property {(gateways: number) => import('./process.mjs').Spec[]} processes
 * @property {(started: import('./process.mjs').Started[]) => Doors} doors
 * @property {(url: string) => Promise<Conversation[]>} conversations
 */

export {};
