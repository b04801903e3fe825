import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../../src/contract/message.ts';
import { startMediaCarrier, type MediaCarrier } from '../../support/media-carrier.ts';
import { startMediaStage, type MediaStage } from '../../support/media-stage.ts';
import { waitFor } from '../../support/wait.ts';

let stage: MediaStage;
let carrier: MediaCarrier;
const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(3000)]);

beforeAll(async () => {
  stage = await startMediaStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  carrier = await startMediaCarrier();
  carrier.files.set('m1', PDF);
});
afterEach(() => carrier.close());

const stored = async ({ media }: Message): Promise<string> => (await stage.get(media!.url!)).headers['content-length']!;
const refusal = (message: Message, code: string): Promise<true> =>
  waitFor(() =>
    stage.gateway.logs.lines.some((line) => line['mediaId'] === message.media!.id && line['code'] === code),
  );

describe('Evolution API', () => {
  it('has the file in its webhook, which is read a piece at a time', async () => {
    const account = await stage.addAccount('evolution', carrier.url);
    const message = await stage.receiveEvolution(account, { base64: PDF.toString('base64') });
    const done = await stage.settled(message);
    expect(done.media).toMatchObject({ state: 'ready', sizeBytes: PDF.length, mime: 'application/pdf' });
    expect(await stored(done)).toBe(String(PDF.length));
    expect(carrier.calls).toEqual([]);
  });

  it('hands it out on request where the webhook has none, or another', async () => {
    const account = await stage.addAccount('evolution', carrier.url);
    const without = await stage.receiveEvolution(account, {});
    expect((await stage.settled(without)).media).toMatchObject({ state: 'ready', sizeBytes: PDF.length });
    const damaged = await stage.receiveEvolution(account, {
      base64: Buffer.from('something else').toString('base64'),
      of: PDF,
    });
    await refusal(damaged, 'checksum');
    await stage.makeDue(damaged);
    expect((await stage.settled(damaged)).media).toMatchObject({ state: 'ready', sizeBytes: PDF.length });
    expect(carrier.calls.map(({ path, apikey }) => [path.split('/')[2], apikey])).toEqual([
      ['getBase64FromMediaMessage', 'token-1'],
      ['getBase64FromMediaMessage', 'token-1'],
    ]);
  });

  it('is not followed to an address inside, and asked itself instead', async () => {
    const account = await stage.addAccount('evolution', carrier.url);
    const inside = await startMediaCarrier();
    const message = await stage.receiveEvolution(account, { mediaUrl: `${inside.url}/bucket/file` });
    expect((await stage.settled(message)).media).toMatchObject({ state: 'ready', sizeBytes: PDF.length });
    expect(inside.calls).toEqual([]);
    await inside.close();
  });
});

describe('Twilio', () => {
  it('gets its credentials, and whom it sends us on to does not', async () => {
    const account = await stage.addAccount('twilio', carrier.url);
    carrier.answer = (call, response) => {
      if (call.path.startsWith('/2010-04-01/')) response.writeHead(307, { location: '/mms/1' }).end();
      else response.writeHead(200).end(PDF);
      return true;
    };
    const message = await stage.receiveTwilio(account, '/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1');
    expect((await stage.settled(message)).media).toMatchObject({ state: 'ready', sizeBytes: PDF.length });
    expect(carrier.calls.map(({ authorization }) => authorization?.split(' ')[0])).toEqual(['Basic', undefined]);
  });

  it.each([
    'http://127.0.0.1:9/x',
    'http://10.0.0.7/x',
    'http://169.254.169.254/latest',
    'http://[::ffff:127.0.0.1]/x',
    'http://localhost:9/x',
    'file:///etc/passwd',
  ])('does not lead us to %s', async (location) => {
    const account = await stage.addAccount('twilio', carrier.url);
    carrier.answer = (_call, response) => {
      response.writeHead(302, { location }).end();
      return true;
    };
    const message = await stage.receiveTwilio(account, '/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1');
    expect((await stage.settled(message)).media).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('not allowed') as string,
    });
    expect(carrier.calls).toHaveLength(1);
  });
});

describe('a file that is too large', () => {
  it('is read no further, and never held', async () => {
    const account = await stage.addAccount('cloud', carrier.url);
    carrier.answer = (call, response) => {
      if (!call.path.startsWith('/files/')) return false;
      const piece = Buffer.alloc(1024 * 1024, 1);
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
        response.once('drain', write);
      };
      write();
      return true;
    };
    const message = await stage.receive(account, { kind: 'sticker', id: 'm1', mime: 'image/webp' });
    expect((await stage.settled(message)).media).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('4 MB') as string,
    });
  });
});

describe('media:retry', () => {
  it('fetches again what had failed, and nothing else', async () => {
    const account = await stage.addAccount('cloud', carrier.url);
    const message = await stage.receive(account, { kind: 'document', id: 'later', mime: 'application/pdf' });
    carrier.answer = () => false;
    await refusal(message, 'http_404');
    await stage.gateway.db.run('test', (sql) => sql`update media set attempts = 50 where id = ${message.media!.id}`);
    await stage.makeDue(message);
    expect((await stage.settled(message)).media).toMatchObject({ state: 'failed' });
    carrier.files.set('later', PDF);
    const again = await stage.command('media:retry', { messageId: message.id });
    expect(again).toMatchObject({ message: { media: { state: 'pending', failure: null } } });
    // Nobody sweeps here: the command itself has to bring it to a worker.
    expect((await stage.settled(message)).media).toMatchObject({ state: 'ready' });
    await expect(stage.command('media:retry', { messageId: message.id })).rejects.toMatchObject({ code: 'conflict' });
  });
});
