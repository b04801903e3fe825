/** The peer's tables for Drizzle; the floor's schema.sql makes them. */
import { bigint, boolean, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity();

export const accounts = pgTable('accounts', { id: id(), channel: text('channel').notNull() });

export const threads = pgTable('threads', {
  id: id(),
  accountId: bigint('account_id', { mode: 'number' }).notNull(),
  contact: text('contact').notNull(),
  unread: integer('unread').notNull().default(0),
  lastWamid: text('last_wamid'),
  lastAt: timestamp('last_at', { withTimezone: true }),
});

export const messages = pgTable('messages', {
  id: id(),
  threadId: bigint('thread_id', { mode: 'number' }).notNull(),
  outbound: boolean('outbound').notNull().default(false),
  wamid: text('wamid').notNull(),
  body: text('body').notNull(),
  at: timestamp('at', { withTimezone: true }).notNull(),
});
