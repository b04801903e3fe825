/** The scenarios by name, and what each one does. */
export const SCENARIOS = {
  hello: 'a customer writes',
  conversation: 'a customer writes three times',
  languages: 'everybody writes, in many languages',
  burst: 'a customer writes five messages at once',
  rush: '200 messages at once',
  reactions: 'everybody reacts to the last answer',
  history: 'old conversations are imported (Cloud, Evolution)',
  groups: 'members of a group write (Cloud, Evolution)',
  calls: 'a customer calls (Cloud, Evolution)',
  polls: 'a customer asks by a poll, and others vote in ours (Evolution; Cloud tells of polls only that there was one)',
  failures: 'the last answer of every chat is reported as failed',
  'number-change': 'a customer changes their number (Cloud)',
  statuses: '5,000 states in one webhook, of the last answers and of messages that nobody knows (Cloud)',
} as const;

/** The name of one of the `SCENARIOS`. */
export type Scenario = keyof typeof SCENARIOS;

/** Scenarios that consist only of a carrier's webhooks, which each carrier builds in its own form. */
export type Happening = Extract<Scenario, 'history' | 'groups' | 'calls' | 'polls' | 'number-change' | 'statuses'>;

/** The scenario of this name; null when there is none. */
export function scenarioNamed(name: unknown): Scenario | null {
  return (Object.keys(SCENARIOS) as Scenario[]).find((one) => one === name) ?? null;
}
