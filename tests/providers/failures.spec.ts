import { describe, expect, it } from 'vitest';
import { CLOUD_FAILURES, failureOf as cloud } from '../../src/providers/cloud/failures.ts';
import { EVOLUTION_FAILURES, failureOf as evolution } from '../../src/providers/evolution/failures.ts';
import type { SendFailure } from '../../src/providers/sending.ts';
import { failureOf as twilio, TWILIO_FAILURES } from '../../src/providers/twilio/failures.ts';

type Action = SendFailure['action'];
type Table = readonly (readonly [Action, readonly (number | string)[]])[];

/** The carriers' tables as their documentation groups them, written down once more. */
const CLOUD: Table = [
  ['retry', [1, 2, 131000, 131016, 131057, 133004]],
  ['slow', [4, 80007, 130429]],
  ['pair', [131056]],
  ['pause', [131048, 131064]],
  ['account', [0, 190, 3, 10, 200, 210, 250, 299, 131005, 368, 131031, 130497, 131042, 131044, 131045, 133010, 131037]],
  ['window', [131047, 470]],
  ['final', [100, 33, 131008, 131009, 131021, 131026, 131030, 131051, 131052, 131053, 131062, 131063, 132000, 132001]],
  ['final', [132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069, 135000, 137000]],
  ['final', [131049, 131050, 130472]],
];
const TWILIO: Table = [
  ['slow', [20429, 63018, 21611]],
  ['retry', [63012, 63005, 30008]],
  ['window', [63016]],
  ['final', [63003, 63024, 63013, 63019, 63021, 63020, 63032, 63049, 21211]],
  ['account', [20003, 63007]],
];

const cases = (table: Table): [string, Action][] =>
  table.flatMap(([action, codes]) => codes.map((code): [string, Action] => [String(code), action]));

const textsOf = ({ title, operator }: SendFailure): (string | undefined)[] => [title, operator];

describe('what a code means', () => {
  // A listed code has words of its own, for both.
  it.each(cases(CLOUD))('Meta %s: %s', (code, action) => {
    expect(cloud(code, null)).toMatchObject({ code, action });
    for (const text of textsOf(cloud(code, null))) expect(textsOf(cloud('999999', null))).not.toContain(text);
  });

  it.each(cases(TWILIO))('Twilio %s: %s', (code, action) => {
    expect(twilio(code, null)).toMatchObject({ code, action });
    for (const text of textsOf(twilio(code, null))) expect(textsOf(twilio('99999', null))).not.toContain(text);
  });

  it.each<[string, number, unknown, Action | 'unknown']>([
    ['a number that is not on WhatsApp', 400, { response: { message: [{ exists: false, number: '1' }] } }, 'final'],
    ['a phone that is not connected', 400, { response: { message: ['Error: Connection Closed'] } }, 'retry'],
    ['a message that is not valid', 400, { response: { message: [['instance requires property "text"']] } }, 'final'],
    ['an unknown instance', 404, { response: { message: ['The "x" instance does not exist'] } }, 'account'],
    ['a wrong key', 401, { message: 'Unauthorized' }, 'account'],
    ['too many calls', 429, '', 'slow'],
    ['too many messages for WhatsApp', 500, { response: { message: 'rate-overlimit' } }, 'slow'],
    ['a licence that is missing', 503, { error: 'LICENSE_REQUIRED' }, 'account'],
    ['a server that failed', 500, { message: 'Internal Server Error' }, 'unknown'],
    ['a phone that did not confirm', 400, { response: { message: 'Timed Out' } }, 'unknown'],
  ])('Evolution: %s', (_what, status, body, action) => {
    const found = evolution(status, body, null);
    expect(found === 'unknown' ? found : found.action).toBe(action);
  });

  it('a code that nobody has listed is final, and says where it is explained', () => {
    for (const failure of [cloud('999999', null), twilio('99999', null)]) {
      expect(failure).toMatchObject({
        action: 'final',
        operator: expect.stringContaining('page of error codes') as string,
      });
    }
  });
});

describe('every row', () => {
  const rows = [...CLOUD_FAILURES, ...TWILIO_FAILURES, ...EVOLUTION_FAILURES];

  it('has a sentence for the agent that promises nothing, and one for the operator that ends', () => {
    for (const { title, operator } of rows) {
      expect(title).toMatch(/^[A-Z][^.]{10,140}$/);
      expect(title).not.toMatch(/tried again/);
      expect(operator).toMatch(/^[A-Z].{10,160}\.$/);
    }
  });

  it('has its codes to itself', () => {
    for (const table of [CLOUD_FAILURES, TWILIO_FAILURES]) {
      const codes = table.flatMap((row) => row.codes);
      expect(new Set(codes).size).toBe(codes.length);
    }
  });
});
