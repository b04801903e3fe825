/** Meta's two steps to a customer's file: `GET /v{version}/{media-id}` gives a URL, and the URL gives the bytes. */
import { only, type ApiReader } from './api.ts';
import { messageIdOf } from './cloud-carrier.ts';
import { graphError } from './graph-error.ts';

const FILES = '/lookaside';

/** Both steps require the token. */
export const readCloudMedia: ApiReader = ({ path, headers }, world) => {
  const [, place, id = ''] = /^(\/v\d+(?:\.\d+)?|\/lookaside)\/(5[0-9a-f]+)$/.exec(path) ?? [];
  if (place === undefined) return null;
  const file = world.customerFile(messageIdOf(id));
  if (file?.account.provider !== 'cloud') return only(null, 400, graphError(100, 'Unsupported get request'));
  const { account, bytes, mime, sha256 } = file;
  if (headers['authorization'] !== `Bearer ${account.accessToken}`) {
    return place === FILES ? only(account, 404, '') : only(account, 401, graphError(190, 'Invalid OAuth access token'));
  }
  if (place === FILES) {
    const answer = { status: 200, headers: { 'content-type': mime }, body: bytes };
    return { account, wish: { kind: 'nothing', answer } };
  }
  const url = `http://${String(headers['host'])}${FILES}/${id}`;
  return only(account, 200, {
    url,
    mime_type: mime,
    sha256,
    file_size: bytes.length,
    id,
    messaging_product: 'whatsapp',
  });
};
