/** `hunfly gateway` and `hunfly consumer`: one production process each. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError, type CliCommand, type CliResult } from './command.ts';
import { projectRoot } from '../platform/project.ts';

const dist = (): string => join(projectRoot(), 'dist');

/**
 * Entry points start on import and end the process themselves. One that does not start ends it as well, as when it is run
 * without us: as a rejected command it would be kept alive for ever by the connections that it has opened.
 */
async function start(file: string): Promise<CliResult> {
  await import(pathToFileURL(file).href).catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
  return { json: null, text: '', running: true };
}

const gateway: CliCommand = {
  path: 'gateway',
  usage: '',
  about: 'one gateway node: webhooks, REST and sockets',
  options: {},
  run: () => start(join(dist(), 'server.js')),
};

const consumer: CliCommand = {
  path: 'consumer',
  usage: '<name>',
  example: 'inbound',
  about: 'one worker process',
  options: {},
  words: ['<name>'],
  run: ({ words }) => {
    const [name = ''] = words;
    const folder = join(dist(), 'consumers');
    const names = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.js')) : [];
    if (!names.includes(`${name}.js`)) {
      throw new UsageError(`there is no consumer "${name}": ${names.map((file) => file.slice(0, -3)).join(', ')}`);
    }
    return start(join(folder, `${name}.js`));
  },
};

/** This group's commands. */
export const processCommands: readonly CliCommand[] = [gateway, consumer];
