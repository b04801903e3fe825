/** What the bench knows of a system: how its database is made, which processes it has, where its doors are. */

/**
 * @typedef {{ tenants: number, agents: number }} Size
 *
 * @typedef {object} Team Whom a system serves: businesses with one number each.
 * @property {Record<string, string>} env secrets of every process
 * @property {{ id: string, secret: string }[]} channels the numbers, one per business; `secret` signs its webhooks
 * @property {string[][]} tokens session tokens, by business
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
 * @property {(stores: { databaseUrl: string, redisUrl: string }, size: Size) => Promise<Team>} prepare fills an empty
 *   database
 * @property {(gateways: number) => import('./process.mjs').Spec[]} processes
 * @property {(started: import('./process.mjs').Started[]) => Doors} doors
 * @property {(url: string) => Promise<Conversation[]>} conversations
 * @property {(url: string) => Promise<number>} outboundCount messages of agents that are stored
 */

export {};
