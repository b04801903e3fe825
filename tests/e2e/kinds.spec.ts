/** What a customer can send, as the agent sees it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import { importFromPhone, writeOnCloud } from './support/cloud-webhooks.ts';
import type { Desk } from './support/desk.ts';
import { askOnEvolution, writeInGroup } from './support/evolution-webhooks.ts';
import { aFilm, aPhoto } from './support/files.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('every kind of message', (browser) => {
  let product: Product;
  let ana: Desk;

  beforeAll(async () => {
    product = await startProduct();
    ana = await openDesk(browser(), product, 'ana');
  });

  afterAll(async () => {
    await ana.close();
    await product.stop();
  });

  it('is drawn as a person would expect it', async () => {
    const kim = product.customer('Kim Kinds');
    const ad = { source_type: 'ad', source_url: 'https://fb.me/x', headline: 'Rain jackets', body: 'This week' };
    const [first] = await writeOnCloud(product, kim, [
      { type: 'text', text: { body: 'I saw your advertisement' }, referral: ad },
      { type: 'location', location: { latitude: 52.5163, longitude: 13.3777, name: 'Brandenburg Gate' } },
      { type: 'contacts', contacts: [{ name: { formatted_name: 'Grace' }, phones: [{ phone: '+1 555 010 9999' }] }] },
      { type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: '1', title: 'Express' } } },
      {
        type: 'interactive',
        interactive: { type: 'nfm_reply', nfm_reply: { body: 'Sent', response_json: '{"size":"M","flow_token":"t"}' } },
      },
      {
        type: 'order',
        order: {
          catalog_id: '1',
          product_items: [{ product_retailer_id: 'JACKET', quantity: 2, item_price: 10.5, currency: 'EUR' }],
        },
      },
      { type: 'unsupported', errors: [{ code: 131051, title: 'unknown' }], unsupported: { type: 'poll_creation' } },
      { type: 'text', text: { body: 'Passed on' }, context: { forwarded: true } },
    ]);
    await writeOnCloud(product, kim, [
      { type: 'text', text: { body: 'I mean this' }, context: { id: first } },
      { type: 'reaction', reaction: { message_id: first, emoji: '👍' } },
    ]);
    await ana.openThread('Kim Kinds');

    await ana.bubble('I mean this').waitFor();
    const timeline = ana.get('timeline');
    await eventually(() => timeline.textContent()).toContain('Came from an ad');
    await eventually(() => timeline.locator('.place').getAttribute('href')).toContain('52.5163');
    await eventually(() => timeline.locator('.chosen').textContent()).toBe('Express');
    await eventually(() => timeline.locator('.form-table').textContent()).toBe('sizeM');
    await eventually(() => timeline.locator('.order-total').textContent()).toMatch(/Total.*21\.00/);
    await eventually(() => ana.bubble('can only be read on the phone').textContent()).toContain('This is a poll');
    await eventually(() => ana.bubble('Passed on').textContent()).toContain('Forwarded');
    await eventually(() => ana.get('reaction').getAttribute('title')).toBe('Kim Kinds');

    // The quote goes to what it quotes.
    await Promise.all([
      timeline.locator('.message.flash').filter({ hasText: 'I saw your advertisement' }).waitFor(),
      ana.get('quote').click(),
    ]);

    // A card is the beginning of a conversation.
    await ana.page.getByRole('button', { name: 'Start conversation' }).click();
    await eventually(() => ana.get('begin-to').inputValue()).toBe('+15550109999');
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.get('new-conversation').count()).toBe(0);
  });

  it('that was changed or taken back says so, and keeps nothing of what was taken back', async () => {
    const edda = product.customer('Edda Edits');
    const [typo, secret] = await writeOnCloud(product, edda, [
      { type: 'text', text: { body: 'Two jackest please' } },
      { type: 'text', text: { body: 'My card number is 4111' } },
    ]);
    await ana.openThread('Edda Edits');
    await ana.bubble('My card number is 4111').waitFor();
    const changed = { type: 'text', text: { body: 'Two jackets please' } };
    await writeOnCloud(product, edda, [
      { type: 'edit', edit: { original_message_id: typo, message: changed } },
      { type: 'revoke', revoke: { original_message_id: secret } },
    ]);
    await ana.bubble('Two jackets please').getByText('edited').waitFor();
    await ana.bubble('This message was deleted').waitFor();
    await eventually(() => ana.row('Edda Edits').locator('.row-preview').textContent()).toBe('Deleted message');
    await eventually(() => ana.page.content()).not.toContain('4111');
  });

  it('that is a film waits for a click, one that cannot be had says so, and a poll shows its options', async () => {
    const vera = product.customer('Vera Video');
    await writeOnCloud(product, vera, [{ type: 'video', video: { id: '1', mime_type: 'video/mp4', caption: 'Gone' } }]);
    await ana.openThread('Vera Video');
    await ana.bubble('Gone').getByRole('button', { name: 'Try again' }).waitFor();
    await ana.get('file-input').setInputFiles(aFilm('clip.mp4'));
    await eventually(() => ana.get('tray-file').count()).toBe(1);
    await ana.get('send').click();
    await eventually(async () => (await vera.receivedThings()).map(({ kind }) => kind)).toEqual(['video']);
    await ana.page.getByRole('button', { name: 'Play the video' }).click();
    await ana.get('timeline').locator('video').waitFor();

    const paul = product.customer('Paul Poll', 'evolution');
    await askOnEvolution(product, paul, { id: 'e2e-poll-1', question: 'Which day?', options: ['Monday', 'Tuesday'] });
    await ana.openThread('Paul Poll');
    await eventually(() => ana.bubble('Which day?').textContent()).toMatch(/Monday.*Tuesday/);
  });

  it('that was imported from the phone is told apart from what came live', async () => {
    const hana = product.customer('Hana History');
    await importFromPhone(product, hana, [
      { type: 'text', text: { body: 'Asked long ago' } },
      { type: 'text', text: { body: 'And answered' }, from: '15550100000' },
    ]);
    await hana.writes('Me again');
    await ana.openThread('Hana History');
    const lines = ana.get('timeline').locator('.backlog-line, .rich-text');
    await eventually(() => lines.allTextContents()).toEqual([
      'Earlier conversation, imported from the phone',
      'Asked long ago',
      'And answered',
      'Received in this inbox from here on',
      'Me again',
    ]);
    await eventually(() => ana.bubble('Asked long ago').textContent()).toContain('imported');
    expect(await ana.bubble('Me again').textContent()).not.toContain('imported');
  });

  it('in a group says who wrote it', async () => {
    const [gina, gus] = [product.customer('Gina Group', 'evolution'), product.customer('Gus Group', 'evolution')];
    const group = '120363000000000777@g.us';
    await writeInGroup(product, group, { author: gina, id: 'e2e-group-1', text: 'Who comes on Friday?' });
    await writeInGroup(product, group, { author: gus, id: 'e2e-group-2', text: 'I do' });
    const row = ana.get('thread-row').filter({ hasText: 'I do' });
    await row.click();
    await ana.bubble('I do').waitFor();
    await eventually(() => ana.bubble('Who comes on Friday?').locator('.author').textContent()).toBe('Gina Group');
    await eventually(() => ana.bubble('I do').locator('.author').textContent()).toBe('Gus Group');
  });

  it('as an album says who sent it, and its long caption is as wide as one picture', async () => {
    const alba = product.customer('Alba Album');
    await ana.hearsFrom(alba);
    await ana.get('file-input').setInputFiles([await aPhoto('one.jpg', '#225588'), await aPhoto('two.jpg', '#885522')]);
    await ana.get('composer').fill('Both of them, from the left and from the right, as the light was better there.');
    await ana.get('send').click();
    const album = ana.get('album');
    await eventually(() => album.locator('.author').textContent()).toBe('You');
    const widthOf = async (part: string) => (await album.locator(part).boundingBox())?.width;
    expect(await widthOf('.bubble')).toBeLessThan(((await widthOf('.album')) ?? 0) + 20);
  });

  it('is found in a conversation that was begun from here', async () => {
    const nina = product.customer('Nina New', 'evolution');
    await ana.get('new').click();
    await ana.page.getByLabel('Through').selectOption({ label: 'Acme Shop · +15550100050' });
    await ana.get('begin-to').fill(`+${nina.phone}`);
    await ana.get('begin-text').fill('Hello from us');
    await ana.page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await eventually(() => nina.received()).toEqual(['Hello from us']);
    await ana.bubble('Hello from us').waitFor();
  });
});
