import { expect, it } from 'vitest';
import { InboxError } from '../../src/contract/errors.ts';

it('every invalid_input lists what is broken; path is empty where it is the whole input', () => {
  const fields = [{ path: 'text', message: 'must not be empty' }];
  expect(new InboxError('invalid_input', 'No.', fields).toBody().details).toBe(fields);
  expect(new InboxError('invalid_input', 'No.').toBody().details).toEqual([{ path: '', message: 'No.' }]);
  expect(new InboxError('not_found', 'No.').toBody()).toEqual({ code: 'not_found', message: 'No.' });
});
