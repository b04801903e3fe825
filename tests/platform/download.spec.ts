/** A URL of an outsider leads nowhere but to the public Internet. Nothing here leaves this machine. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDownloader, type DownloadAnswer } from '../../src/platform/download.ts';
import { isPublicAddress, publicLookup, type LookupAll } from '../../src/platform/public-address.ts';

/** How each is written in a URL, where that differs. */
const INWARD: readonly [string, string?][] = [
  ['127.0.0.1', '2130706433'],
  ['127.0.0.1', '0x7f.1'],
  ['0.0.0.0'],
  ['10.0.0.1'],
  ['172.16.0.1'],
  ['192.168.0.1'],
  ['100.64.0.1'],
  ['169.254.169.254'],
  ['255.255.255.255'],
  ['::', '[::]'],
  ['::1', '[::1]'],
  ['::ffff:127.0.0.1', '[::ffff:127.0.0.1]'],
  ['::ffff:a9fe:a9fe', '[::ffff:a9fe:a9fe]'],
  ['64:ff9b::a9fe:a9fe', '[64:ff9b::a9fe:a9fe]'],
  ['2002:7f00:1::', '[2002:7f00:1::]'],
  ['fc00::1', '[fc00::1]'],
  ['fd12::1', '[fd12::1]'],
  ['fe80::1', '[fe80::1]'],
];
const PUBLIC = '93.184.215.14';

let server: Server;
let connections = 0;

beforeAll(async () => {
  server = createServer((_request, response) => response.end('secret'));
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

const port = (): number => (server.address() as AddressInfo).port;

/** Answers each time with the next set of addresses, the last for ever. */
function names(...answers: string[][]): LookupAll & { asked: number } {
  const lookup = Object.assign(
    ((_host, _options, done) => {
      const found = answers[Math.min(lookup.asked, answers.length - 1)] ?? [];
      lookup.asked += 1;
      done(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    }) as LookupAll,
    { asked: 0 },
  );
  return lookup;
}

async function open(url: string, lookup?: LookupAll, trustedOrigins: string[] = []): Promise<DownloadAnswer> {
  const downloader = createDownloader(lookup === undefined ? {} : { lookup });
  try {
    const signal = AbortSignal.timeout(5000);
    const answer = await downloader.open({ url, headers: {}, trustedOrigins, signal });
    if (answer.ok) answer.body.destroy();
    return answer;
  } finally {
    await downloader.close();
  }
}

describe('a URL of an outsider', () => {
  it.each(INWARD)('is not asked where it leads to %s', async (address, written = address) => {
    const before = connections;
    expect(isPublicAddress(address)).toBe(false);
    expect(await open(`http://${written}:${String(port())}/`)).toMatchObject({ ok: false, forbidden: true });
    expect(await open(`http://files.test:${String(port())}/`, names([address]))).toMatchObject({ forbidden: true });
    expect(await open(`http://files.test:${String(port())}/`, names([PUBLIC, address]))).toMatchObject({
      forbidden: true,
    });
    expect(connections).toBe(before);
  });

  it('leads where the operator trusts it to, and from there nowhere inward', async () => {
    const origin = `http://127.0.0.1:${String(port())}`;
    expect(await open(`${origin}/`, undefined, [origin])).toMatchObject({ ok: true, status: 200 });
    expect(connections).toBe(1);
  });

  it('is connected to as it was judged: a name that changes its mind is judged anew', () => {
    const rebinding = names([PUBLIC], ['127.0.0.1']);
    const lookup = publicLookup(rebinding);
    const heard: unknown[] = [];
    for (const all of [true, true]) {
      lookup('files.test', { all }, (error, found) => heard.push(error === null ? found : error.name));
    }
    expect(heard).toEqual([[{ address: PUBLIC, family: 4 }], 'ForbiddenAddressError']);
    // One question per connection: there is no second answer that nobody judges.
    expect(rebinding.asked).toBe(2);
  });

  it('is judged again at every connection of one downloader', async () => {
    const before = connections;
    const changing = names([], ['127.0.0.1'], ['::1']);
    const url = `http://files.test:${String(port())}/`;
    const downloader = createDownloader({ lookup: changing });
    const ask = (): Promise<DownloadAnswer> =>
      downloader.open({ url, headers: {}, trustedOrigins: [], signal: AbortSignal.timeout(5000) });
    for (const round of [1, 2, 3]) {
      expect(await ask()).toMatchObject({ ok: false, forbidden: true });
      expect(changing.asked).toBe(round);
    }
    await downloader.close();
    expect(connections).toBe(before);
  });
});
