/** `hunfly simulate`: asks the running WhatsApp simulator to play a scenario. */
import { z } from 'zod';
import { InboxError } from '../contract/errors.ts';
import { SCENARIOS } from '../providers/simulator/scenarios.ts';
import { choice, optional, UsageError, type CliCommand } from './command.ts';

const DEADLINE_MS = 10_000;
const Refused = z.object({ error: z.object({ message: z.string() }) });

async function play(url: string, body: object): Promise<unknown> {
  const response = await fetch(`${url}/simulator/api/scenario`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).catch(() => {
    throw new InboxError('unavailable', `The simulator does not answer at ${url}.`);
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const refused = Refused.safeParse(answer);
  throw new UsageError(
    refused.success ? refused.data.error.message : `the simulator answered ${String(response.status)}`,
  );
}

const LIST = Object.entries(SCENARIOS).map(([name, does]) => `  ${name.padEnd(14)} ${does}`);

const simulate: CliCommand = {
  path: 'simulate',
  usage: '--scenario NAME [--channel ID]',
  example: '--scenario burst',
  about: 'drives the WhatsApp simulator of the running inbox',
  details: `Scenarios, played once on every number or on the one of --channel:\n${LIST.join('\n')}`,
  options: { scenario: { type: 'string' }, channel: { type: 'string' } },
  async run(args, { config }) {
    const scenario = choice(args, 'scenario', Object.keys(SCENARIOS));
    const channel = optional(args, 'channel');
    if (config.simulatorUrl === null) throw new InboxError('unavailable', 'No simulator runs: start the inbox first.');
    const json = await play(config.simulatorUrl, { name: scenario, ...(channel === null ? {} : { channel }) });
    return { json, text: `Playing ${scenario}.` };
  },
};

/** This group's commands. */
export const simulatorCommands: readonly CliCommand[] = [simulate];
