import { describe, expect, it } from 'vitest';
import {
  filled,
  greetedAs,
  matchingReplies,
  typedAfterSlash,
} from '../../client/src/components/composer/saved-reply.ts';
import { filesOf, withFiles } from '../../client/src/sync/stored-file.ts';
import type { SavedReply, SavedReplyFile } from '../../src/contract/saved-replies.ts';
import { aFrame, applied, aThread, id, inboxOf, numbered } from './example.ts';

const reply = (number: number, shortcut: string, text = 'Hello'): SavedReply => ({
  id: id('d', number),
  ...{ shortcut, text, version: 1, files: [] },
  updatedBy: id('a', 1),
  updatedAt: '2026-01-01T00:00:00.000Z',
});

describe('what is searched by', () => {
  it.each([
    ['/', ''],
    ['/hel', 'hel'],
    ['/opening hours', 'opening hours'],
    ['/olá', 'olá'],
  ])('follows the slash that a text begins with: %s', (text, query) => {
    expect(typedAfterSlash(text)).toBe(query);
  });

  it.each(['', 'and/or', ' /hello', '/ path', '//', '/hello\nthere', `/${'x'.repeat(61)}`])(
    'is nothing in any other text: %j',
    (text) => {
      expect(typedAfterSlash(text)).toBeNull();
    },
  );
});

describe('saved replies that match', () => {
  const replies = [
    reply(1, 'hours', 'We are open from 9 to 5'),
    reply(2, 'after-hours', 'We are closed'),
    reply(3, 'hello', 'At what hours may we call?'),
    reply(4, 'olá'),
  ];
  const found = (query: string): string[] => matchingReplies(replies, query).map(({ shortcut }) => shortcut);

  it('are those whose shortcut begins with it, then contains it, then whose text does', () => {
    expect(found('Hours')).toEqual(['hours', 'after-hours', 'hello']);
  });

  it('are found without case and accents, all of them where nothing is typed, none where nothing matches', () => {
    expect(found('OLA')).toEqual(['olá']);
    expect(found('')).toEqual(['after-hours', 'hello', 'hours', 'olá']);
    expect(found('refund')).toEqual([]);
  });
});

describe('a text that is filled in', () => {
  const names = { 'customer.name': 'Grace', 'agent.name': 'Ana' };
  const nobody = { 'customer.name': '', 'agent.name': '' };

  it('has the names in place of its placeholders, however often and with whatever spaces these are written', () => {
    expect(filled('Hi {{customer.name}}, {{ agent.name }} here. Bye {{customer.name}}', names)).toBe(
      'Hi Grace, Ana here. Bye Grace',
    );
    expect(filled('{{customer.name}}{{agent.name}}', names)).toBe('GraceAna');
  });

  it('takes a name as it is, whatever it looks like', () => {
    expect(filled('Hi {{customer.name}}!', { ...names, 'customer.name': '$& {{agent.name}}' })).toBe(
      'Hi $& {{agent.name}}!',
    );
  });

  it.each([
    ['Hello {{customer.name}}, welcome', 'Hello, welcome'],
    ['Hello {{customer.name}}!', 'Hello!'],
    ['Dear {{customer.name}} of ours', 'Dear of ours'],
    ['{{customer.name}} welcome', 'welcome'],
    ['One\n{{customer.name}} two', 'One\ntwo'],
    ['Regards, {{agent.name}}', 'Regards,'],
    ['Hi {{customer.name}} {{agent.name}}.', 'Hi.'],
    ['Two  spaces {{customer.name}} stay', 'Two  spaces stay'],
    ['{{agent.name}}', ''],
  ])('leaves no gap where nothing is known: %j', (text, without) => {
    expect(filled(text, nobody)).toBe(without);
  });

  it('greets a customer by name, and neither a group nor a number', () => {
    const { contact } = aThread(1);
    expect(greetedAs({ ...contact, displayName: 'Grace Hopper' })).toBe('Grace Hopper');
    expect(greetedAs({ ...contact, displayName: '+1 (555) 010-9999' })).toBe('');
    expect(greetedAs({ ...contact, displayName: 'Family', addresses: [{ type: 'group', value: '1@g.us' }] })).toBe('');
  });
});

describe('the files of a saved reply', () => {
  const file = (number: number, filename: string): SavedReplyFile => ({
    id: id('f', number),
    ...{ filename, mime: 'application/pdf', sizeBytes: 9, url: '/f', thumbnailUrl: null },
  });
  const prices = { ...reply(1, 'prices'), files: [file(1, 'Price list.pdf'), file(2, 'Map.pdf')] };

  it('find it by their names, behind what its shortcut and text find', () => {
    const found = matchingReplies([prices, reply(2, 'zebra', 'Price list'), reply(3, 'other')], 'price list');
    expect(found.map(({ shortcut }) => shortcut)).toEqual(['prices', 'zebra']);
  });

  it('are none where an event does not name any, as one of the release before', () => {
    const before = { ...reply(1, 'hours') };
    Reflect.deleteProperty(before, 'files');
    const event = { type: 'saved-reply.updated', data: { savedReply: before } } as const;
    const { savedReplies } = applied(inboxOf(1, []), aFrame(1, 2, numbered(2, [event])));
    expect([...savedReplies.values()]).toEqual([reply(1, 'hours')]);
  });

  it('are attached once, however often it is picked; files of this machine as often as they are chosen', () => {
    const own = new File(['x'], 'own.txt');
    const once = withFiles([own], filesOf(prices));
    expect(withFiles(once, [...filesOf(prices), own]).map(({ name }) => name)).toEqual([
      ...['own.txt', 'Price list.pdf', 'Map.pdf', 'own.txt'],
    ]);
  });
});
