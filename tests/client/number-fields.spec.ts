import { describe, expect, it } from 'vitest';
import { AccountChange, NewAccount, type AccountDetails } from '../../src/contract/accounts.ts';
import { changeOf, draftOf, EMPTY_NUMBER, newAccountOf } from '../../client/src/screens/numbers/number-fields.ts';
import { anAccount, at } from './example.ts';

const stored: AccountDetails = {
  account: { ...anAccount(), phone: '+15550100000' },
  ...{ externalId: '1000', apiBaseUrl: 'https://example.com', accountSid: null, businessId: '200000' },
  ...{ readReceipts: 'on_read', coexistence: false, secrets: 1, hasAccessToken: true, health: null },
  ...{ checkedAt: null, reconciledAt: null, templatesSyncedAt: null, disabledAt: null, createdAt: at(0) },
};

describe('the form of a number', () => {
  it('becomes a new number that the contract takes, without what was left empty', () => {
    const given = newAccountOf({ ...EMPTY_NUMBER, name: ' Shop ', externalId: '1001', accessToken: 'token' });
    const whole = { provider: 'cloud', name: 'Shop', externalId: '1001', accessToken: 'token' };
    expect(given).toEqual({ ...whole, readReceipts: 'on_read', coexistence: false });
    expect(NewAccount.safeParse(given).success).toBe(true);
  });

  it('gives no field of another carrier', () => {
    const given = newAccountOf({
      ...EMPTY_NUMBER,
      provider: 'evolution',
      name: 'n',
      externalId: 'i',
      businessId: '12345',
    });
    expect(given).toEqual({ provider: 'evolution', name: 'n', externalId: 'i', readReceipts: 'on_read' });
  });

  it('changes only what differs: an emptied field is taken away, an empty credential stays', () => {
    const change = changeOf(stored, {
      ...draftOf(stored),
      name: 'New',
      apiBaseUrl: '',
      secret: '',
      readReceipts: 'never',
    });
    expect(change).toEqual({ accountId: stored.account.id, name: 'New', apiBaseUrl: null, readReceipts: 'never' });
    expect(AccountChange.safeParse({ ...change, accountId: '01890000-0000-7000-8000-000000000001' }).success).toBe(
      true,
    );
  });

  it('never shows a stored credential', () => {
    expect(draftOf(stored)).toMatchObject({ accessToken: '', secret: '' });
  });
});
