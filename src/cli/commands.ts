/** Every command of the operator's CLI: one line per group. */
import { accountCommands } from './accounts.ts';
import type { CliCommand } from './command.ts';
import { contactCommands } from './contacts.ts';
import { databaseCommands } from './database.ts';
import { deadLetterCommands } from './dead-letters.ts';
import { keyCommands } from './keys.ts';
import { loadCommands } from './load.ts';
import { processCommands } from './processes.ts';
import { reportCommands } from './reports.ts';
import { simulatorCommands } from './simulate.ts';
import { tenantCommands } from './tenants.ts';
import { webhookCommands } from './webhooks.ts';

/** In the order in which help shows them. */
export const CLI_COMMANDS: readonly CliCommand[] = [
  ...databaseCommands,
  ...processCommands,
  ...tenantCommands,
  ...accountCommands,
  ...contactCommands,
  ...keyCommands,
  ...deadLetterCommands,
  ...webhookCommands,
  ...reportCommands,
  ...simulatorCommands,
  ...loadCommands,
];
