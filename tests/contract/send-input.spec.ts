import { describe, expect, it } from 'vitest';
import { SendInput } from '../../src/contract/send-input.ts';

const ID = '01890000-0000-7000-8000-000000000001';
const base = { threadId: ID };

/** Paths and messages of what is wrong; empty for an input that is right. */
function faults(input: object): string[] {
  const parsed = SendInput.safeParse({ ...base, ...input });
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
}

const button = (id: string, title = id): object => ({ type: 'reply', reply: { id, title } });
const buttons = (...all: object[]): object => ({
  kind: 'interactive',
  interactive: { type: 'button', body: { text: 'Pick' }, action: { buttons: all } },
});
const rows = (count: number, from = 0): object[] =>
  Array.from({ length: count }, (_, index) => ({ id: `r${String(from + index)}`, title: `Row ${String(index)}` }));
const list = (...sections: object[]): object => ({
  kind: 'interactive',
  interactive: { type: 'list', body: { text: 'Pick' }, action: { button: 'Open', sections } },
});
const link = (url: string): object => {
  const action = { name: 'cta_url', parameters: { display_text: 'Open', url } };
  return { kind: 'interactive', interactive: { type: 'cta_url', body: { text: 'See' }, action } };
};
const question = (interactive: object): object => ({ kind: 'interactive', interactive });
const flow = (parameters: object): object =>
  question({
    type: 'flow',
    body: { text: 'Book' },
    action: { name: 'flow', parameters: { flow_message_version: '3', flow_cta: 'Book', ...parameters } },
  });
const products = (...sections: object[]): object =>
  question({
    ...{ type: 'product_list', header: { type: 'text', text: 'Jackets' }, body: { text: 'In M' } },
    action: { catalog_id: '1', sections },
  });
const items = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({ product_retailer_id: `p${String(index)}` }));
const underPicture = (interactive: object): object =>
  question({ ...interactive, header: { type: 'image', image: { mediaId: ID } } });
const poll = (over: object): object => ({
  kind: 'poll',
  poll: { question: 'When?', options: ['Mon', 'Tue'], ...over },
});
const template = (...components: object[]): object => ({
  kind: 'template',
  template: { name: 'order_update', language: 'en_US', components },
});
const picture = { type: 'header', parameters: [{ type: 'image', image: { mediaId: ID } }] };

describe('what can be sent', () => {
  it.each([
    ['text without a preview', { kind: 'text', text: 'https://x.test', linkPreview: false }],
    ['an image with a caption', { kind: 'image', mediaId: ID, text: 'Look' }],
    ['an image without one', { kind: 'image', mediaId: ID }],
    ['audio', { kind: 'audio', mediaId: ID }],
    ['a sticker', { kind: 'sticker', mediaId: ID }],
    ['a document', { kind: 'document', mediaId: ID, text: 'The offer' }],
    ['a place', { kind: 'location', location: { latitude: 38.7, longitude: -9.1, name: 'Shop' } }],
    ['contact cards', { kind: 'contacts', contacts: [{ name: 'Ada', phones: [{ phone: '+1 555 010 0101' }] }] }],
    ['three buttons', buttons(button('a'), button('b'), button('c'))],
    ['a list of ten rows in two sections', list({ title: 'A', rows: rows(5) }, { title: 'B', rows: rows(5, 5) })],
    ['a button that opens an address', link('https://shop.test/offer?id=1')],
    [
      'buttons under a picture',
      underPicture({ type: 'button', body: { text: 'Pick' }, action: { buttons: [button('a')] } }),
    ],
    ['a form', flow({ flow_id: '7', flow_action: 'navigate', flow_action_payload: { screen: 'A', data: { n: 1 } } })],
    ['a form by its name', flow({ flow_name: 'booking', flow_action: 'data_exchange', mode: 'draft' })],
    ['a product', question({ type: 'product', action: { catalog_id: '1', product_retailer_id: 'p' } })],
    ['thirty products', products({ title: 'A', product_items: items(15) }, { title: 'B', product_items: items(15) })],
    [
      'the question where somebody is',
      question({ type: 'location_request_message', body: { text: 'Where?' }, action: { name: 'send_location' } }),
    ],
    ['a poll', poll({ multiple: true })],
    ['a template without values', template()],
    ['positional values', template({ type: 'body', parameters: [{ type: 'text', text: 'Ada' }] })],
    ['named values', template({ type: 'body', parameters: [{ type: 'text', parameter_name: 'name', text: 'Ada' }] })],
    ['a picture in the header', template(picture)],
    [
      'buttons of a template',
      template(
        { type: 'button', sub_type: 'quick_reply', index: 0, parameters: [{ type: 'payload', payload: 'yes' }] },
        { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'order-7' }] },
      ),
    ],
    ['a reaction taken off', { kind: 'reaction', reaction: { messageId: ID, emoji: '' } }],
    ['what a program sends', { kind: 'text', text: 'Your order is on its way', priority: 'automatic' }],
  ])('%s', (_what, input) => {
    expect(faults(input)).toEqual([]);
  });
});

describe('what is refused, by the field that is wrong', () => {
  it.each([
    ['nothing to send', { kind: 'image' }, 'mediaId is required for kind image'],
    ['words under audio', { kind: 'audio', mediaId: ID, text: 'x' }, 'text does not belong to kind audio'],
    [
      'a place beside a text',
      { kind: 'text', text: 'x', location: { latitude: 1, longitude: 1 } },
      'location does not',
    ],
    [
      'a preview of a place',
      { kind: 'location', location: { latitude: 1, longitude: 1 }, linkPreview: true },
      'linkPr',
    ],
    ['a long caption', { kind: 'image', mediaId: ID, text: 'x'.repeat(1025) }, 'text must be at most 1024'],
    ['four buttons', buttons(...['a', 'b', 'c', 'd'].map((id) => button(id))), 'must be at most 3 buttons'],
    ['two buttons with one id', buttons(button('a', 'x'), button('a', 'y')), 'must not have the same id twice'],
    ['two buttons with one title', buttons(button('a', 'x'), button('b', 'x')), 'must not have the same title twice'],
    ['a long button', buttons(button('a', 'x'.repeat(21))), 'reply.title must be at most 20'],
    ['eleven rows', list({ title: 'A', rows: rows(6) }, { title: 'B', rows: rows(5, 6) }), 'at most 10 rows'],
    ['sections without titles', list({ rows: rows(1) }, { rows: rows(1, 1) }), 'must each have a title'],
    ['rows with one id', list({ rows: [...rows(1), ...rows(1)] }), 'must not have the same row id twice'],
    ['an address of another kind', link('javascript:alert(1)'), 'must be an http or https URL'],
    [
      'a picture above a list',
      underPicture({
        ...{ type: 'list', body: { text: 'Pick' } },
        action: { button: 'Open', sections: [{ rows: rows(1) }] },
      }),
      'interactive.header',
    ],
    ['a form without a name', flow({}), 'needs either flow_id or flow_name'],
    ['a form with two names', flow({ flow_id: '7', flow_name: 'booking' }), 'needs either flow_id or flow_name'],
    [
      'a form with too much in it',
      flow({ flow_id: '7', flow_action_payload: { screen: 'A', data: { text: 'x'.repeat(9000) } } }),
      'must be at most 8,192 characters',
    ],
    ['31 products', products({ product_items: items(30) }, { title: 'B', product_items: items(1) }), 'at most 30'],
    ['a poll of one option', poll({ options: ['Mon'] }), 'must be at least 2 options'],
    ['a poll of eleven options', poll({ options: items(11).map((_, n) => String(n)) }), 'must be at most 10 options'],
    ['a poll with an option twice', poll({ options: ['Mon', 'Mon'] }), 'must not have the same option twice'],
    ['two attachments', template(picture, picture), 'template must not have more than one attachment'],
    [
      'a value of an unknown kind',
      template({ type: 'body', parameters: [{ type: 'html', text: 'x' }] }),
      'parameters.0',
    ],
    ['a place outside the world', { kind: 'location', location: { latitude: 91, longitude: 0 } }, 'location.latitude'],
    ['a card without a number', { kind: 'contacts', contacts: [{ name: 'Ada', phones: [] }] }, 'contacts.0.phones'],
    ['eleven cards', { kind: 'contacts', contacts: Array.from({ length: 11 }, () => ({})) }, 'contacts'],
    ['an unknown field', { kind: 'text', text: 'x', urgent: true }, ''],
  ])('%s', (_what, input, fault) => {
    const found = faults(input);
    expect(found).not.toEqual([]);
    expect(found.join('\n')).toContain(fault);
  });
});
