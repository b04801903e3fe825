/** Who erases a customer says whom they mean. */
import { describe, expect, it } from 'vitest';
import type { Contact } from '../../src/contract/entities.ts';
import { confirmationOf } from '../../client/src/screens/personal-data/confirmation.ts';
import { id } from './example.ts';

const ZERLINA: Contact = {
  id: id('c', 1),
  displayName: 'Zerlina  Quux ',
  phone: '+1 555 017 7001',
  addresses: [
    { type: 'wa_id', value: '15550177001' },
    { type: 'jid', value: '15550177009@s.whatsapp.net' },
    { type: 'username', value: 'zerlina' },
  ],
};

describe('a customer', () => {
  it('is meant by their name, however its blanks are typed', () => {
    for (const typed of ['Zerlina Quux', ' Zerlina  Quux\t', 'Zerlina\u00a0Quux'])
      expect(confirmationOf(typed, ZERLINA), typed).toBe(ZERLINA.displayName);
  });

  it('is meant by a number of theirs, however it is written', () => {
    for (const typed of ['+15550177001', '1 (555) 017-7001', '15550177009'])
      expect(confirmationOf(typed, ZERLINA), typed).toBe(ZERLINA.id);
  });

  it('is not meant by anything else', () => {
    const others = ['', ' ', 'zerlina', 'Zerlina', 'zerlina quux', '5550177001', '0', '7001', 'x15550177001'];
    for (const typed of others) expect(confirmationOf(typed, ZERLINA), typed).toBeNull();
    expect(confirmationOf(' ', { ...ZERLINA, displayName: '' })).toBeNull();
  });
});
