/** What an agent sends to be answered by touch: the carrier gets it word for word, and it is on screen as the customer has it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Customer } from './support/customer.ts';
import type { Desk } from './support/desk.ts';
import { aDocument, aPhoto } from './support/files.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const ARRIVED = ['sent', 'delivered', 'read'];

describeInBrowser('a question', (browser) => {
  let product: Product;
  let adele: Desk;

  beforeAll(async () => {
    product = await startProduct();
    adele = await openDesk(browser(), product, 'admin');
  });

  afterAll(async () => {
    await adele.close();
    await product.stop();
  });

  /** The interactive parts that the Cloud API was asked to send. */
  const questionsTo = async (customer: Customer): Promise<unknown[]> =>
    (await customer.asked('/messages')).map(({ type, interactive }) => (type === 'interactive' ? interactive : type));

  /** Sends what is in the form and waits for its tick. */
  const send = async (text: string): Promise<void> => {
    await adele.get('send').click();
    await eventually(async () => ARRIVED.includes((await adele.tick(text)) ?? '')).toBe(true);
  };

  it('is written while the last message stays in view, and Escape leads back from the menu to its button', async () => {
    const mona = await adele.hearsFrom(product.customer('Mona Many'));
    for (let number = 1; number <= 20; number += 1) await mona.writes(`Line ${String(number)}`);
    await adele.bubble('Line 20').waitFor();
    /** Pixels of the timeline below what is in view. */
    const below = (): Promise<number> =>
      adele.page.evaluate(`(() => {
        const timeline = document.querySelector('[data-testid=timeline]');
        return timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight;
      })()`);
    await eventually(below).toBeLessThan(2);
    await adele.get('more-to-send').click();
    await adele.page.keyboard.press('Escape');
    await eventually(() => adele.page.evaluate('document.activeElement.dataset.testid')).toBe('more-to-send');
    await adele.page.keyboard.press('Enter');
    await adele.get('sheet-flow').click();
    await adele.get('flow-sheet').waitFor();
    await eventually(below).toBeLessThan(2);
    await adele.page.keyboard.press('Escape');
    await eventually(below).toBeLessThan(2);
  });

  it('as a poll has its options, and tells what is wrong beside each', async () => {
    const paula = await adele.hearsFrom(product.customer('Paula Poll', 'evolution'));
    await adele.get('sheet-poll').click();
    await adele.get('poll-question').fill('Which days suit you?');
    await adele.get('poll-answers').selectOption('several');
    await adele.get('option-1').fill('Monday');
    await adele.get('option-2').fill('Monday');
    const sheet = adele.get('poll-sheet');
    await eventually(() => sheet.locator('.field-problem').textContent()).toBe('Two options are the same.');
    await eventually(() => adele.get('send').isDisabled()).toBe(true);
    await adele.get('option-2').fill('Tuesday');
    await sheet.getByRole('button', { name: 'Another option' }).click();
    await adele.get('option-3').fill('Friday');
    await send('Which days suit you?');
    expect(await paula.asked('sendPoll')).toEqual([
      {
        messageId: expect.any(String) as string,
        number: paula.phone,
        name: 'Which days suit you?',
        values: ['Monday', 'Tuesday', 'Friday'],
        selectableCount: 0,
      },
    ]);
    const bubble = adele.bubble('Which days suit you?');
    await eventually(() => bubble.locator('.poll-option').allTextContents()).toEqual([
      'Monday0',
      'Tuesday0',
      'Friday0',
    ]);
    await eventually(() => bubble.textContent()).toContain('several answers');
  });

  it('with buttons has a picture above, once, uploaded on the way; what cannot be sent says so before', async () => {
    const bea = await adele.hearsFrom(product.customer('Bea Buttons'));
    await adele.get('sheet-choices').click();
    await adele.get('header-type').selectOption('file');
    await adele.get('file-above').setInputFiles([{ ...aDocument('Empty.pdf', 0), buffer: Buffer.alloc(0) }]);
    await eventually(() => adele.get('choices-sheet').getByRole('alert').textContent()).toContain('The file is empty');
    await adele.get('question-body').fill('Is this the one?');
    await adele.get('choice-1').fill('Yes');
    await adele.get('choice-2').fill('No');
    await eventually(() => adele.get('send').isDisabled()).toBe(true);
    await adele.page.getByRole('button', { name: 'Do not send Empty.pdf' }).click();
    await adele.get('file-above').setInputFiles([await aPhoto('lamp.jpg', '#cc8833')]);
    await send('Is this the one?');
    const [question] = await questionsTo(bea);
    expect(question).toEqual({
      type: 'button',
      header: { type: 'image', image: { id: expect.any(String) as string } },
      body: { text: 'Is this the one?' },
      action: {
        buttons: [
          { type: 'reply', reply: { id: 'choice-1', title: 'Yes' } },
          { type: 'reply', reply: { id: 'choice-2', title: 'No' } },
        ],
      },
    });
    expect((await bea.receivedThings())[0]?.file?.mime).toBe('image/jpeg');
    const bubble = adele.bubble('Is this the one?');
    await eventually(() => bubble.locator('img').count()).toBe(1);
    await eventually(() => bubble.locator('.choice').allTextContents()).toEqual(['Yes', 'No']);
  });

  it('under a document keeps the file while the network is away, and shows it the same before and after', async () => {
    const dan = await adele.hearsFrom(product.customer('Dan Document'));
    await adele.goOffline();
    await adele.get('sheet-choices').click();
    await adele.page.getByLabel('The customer answers with').selectOption('cta_url');
    await adele.get('header-type').selectOption('file');
    await adele.get('file-above').setInputFiles([aDocument('Menu.pdf', 20_000)]);
    await adele.get('question-body').fill('All our dishes');
    await adele.page.getByLabel('What the link says').fill('Order');
    await adele.page.getByLabel('Address').fill('https://menu.example/');
    await adele.get('send').click();
    const waiting = adele.get('upload').filter({ hasText: 'All our dishes' });
    await waiting.getByText('Waits for the connection').waitFor();
    await eventually(() => waiting.locator('.file-card').textContent()).toContain('Menu.pdf');
    await eventually(() => waiting.locator('.choice').textContent()).toBe('Order');
    await adele.comeBack();
    await eventually(async () => ARRIVED.includes((await adele.tick('All our dishes')) ?? '')).toBe(true);
    await eventually(() => adele.bubble('All our dishes').locator('.file-card').textContent()).toContain('Menu.pdf');
    expect(await questionsTo(dan)).toEqual([
      {
        type: 'cta_url',
        header: { type: 'document', document: { id: expect.any(String) as string, filename: 'Menu.pdf' } },
        body: { text: 'All our dishes' },
        action: { name: 'cta_url', parameters: { display_text: 'Order', url: 'https://menu.example/' } },
      },
    ]);
  });

  it('with products names those of a catalog, which is offered again', async () => {
    const pia = await adele.hearsFrom(product.customer('Pia Products'));
    await adele.openForm('products');
    await adele.get('products-type').selectOption('product_list');
    await adele.get('catalog-id').fill('194836987003835');
    await adele.get('header-text').fill('Warm things');
    await adele.get('question-body').fill('What our guests like');
    await adele.get('products-1').fill('SCARF-1\nSCARF-2');
    await adele.page.getByRole('button', { name: 'Another section' }).click();
    await adele.get('products-2').fill('HAT-1');
    const problems = adele.get('products-sheet').locator('.field-problem');
    await adele.get('title-2').fill('Hats');
    await adele.get('title-1').focus();
    await adele.get('title-2').focus();
    await eventually(() => problems.allTextContents()).toEqual(['Several sections each need a title.']);
    await adele.get('title-1').fill('Scarves');
    await send('What our guests like');
    const item = (id: string): object => ({ product_retailer_id: id });
    expect(await questionsTo(pia)).toEqual([
      {
        type: 'product_list',
        header: { type: 'text', text: 'Warm things' },
        body: { text: 'What our guests like' },
        action: {
          catalog_id: '194836987003835',
          sections: [
            { title: 'Scarves', product_items: [item('SCARF-1'), item('SCARF-2')] },
            { title: 'Hats', product_items: [item('HAT-1')] },
          ],
        },
      },
    ]);
    const bubble = adele.bubble('What our guests like');
    await bubble.getByText('View items').click();
    await eventually(() => bubble.locator('.offer-row').allTextContents()).toEqual(['SCARF-1', 'SCARF-2', 'HAT-1']);

    await adele.page.reload();
    await adele.isLive();
    await adele.get('timeline').waitFor();
    await adele.openForm('products');
    await eventually(() => adele.get('catalog-id').inputValue()).toBe('194836987003835');
    await adele.get('product-id').fill('SCARF-9');
    await send('SCARF-9');
    expect((await questionsTo(pia)).at(-1)).toEqual({
      type: 'product',
      action: { catalog_id: '194836987003835', product_retailer_id: 'SCARF-9' },
    });
    await eventually(() => adele.row('Pia Products').textContent()).toContain('Product');
  });

  it('to be answered in a form says which, and where it begins', async () => {
    const flo = await adele.hearsFrom(product.customer('Flo Form'));
    await adele.openForm('flow');
    await adele.get('header-type').selectOption('text');
    await adele.get('header-text').fill('Your visit');
    await adele.get('question-body').fill('When do you come?');
    await adele.get('flow-by').selectOption('name');
    await adele.get('flow-ref').fill('book_a_table');
    await adele.get('flow-label').fill('Book');
    await adele.get('flow-screen').fill('DATE');
    await adele.get('flow-mode').selectOption('draft');
    await send('When do you come?');
    expect(await questionsTo(flo)).toEqual([
      {
        type: 'flow',
        header: { type: 'text', text: 'Your visit' },
        body: { text: 'When do you come?' },
        action: {
          name: 'flow',
          parameters: {
            flow_message_version: '3',
            flow_name: 'book_a_table',
            flow_cta: 'Book',
            mode: 'draft',
            flow_action: 'navigate',
            flow_action_payload: { screen: 'DATE' },
          },
        },
      },
    ]);
    await eventually(() => adele.bubble('When do you come?').locator('.choice').textContent()).toBe('Book');
  });
});
