/** Twilio's forms, which fixtures keep as JSON: one parameter per key, a list where it came several times. */
import { createHmac } from 'node:crypto';

/** The form with the parameters of a JSON object. */
export function formOf(json: Buffer): Buffer {
  const fields = JSON.parse(json.toString('utf8')) as Record<string, string | string[]>;
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
  return Buffer.from(new URLSearchParams(pairs).toString());
}

/** The signature as Twilio's documentation describes it, over a form as it is on the wire. */
export function twilioSignature(url: string, body: Buffer, token: string): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const params = [...values.keys()]
    .sort()
    .flatMap((name) => [...(values.get(name) ?? [])].sort().map((one) => name + one));
  return createHmac('sha1', token)
    .update(url + params.join(''))
    .digest('base64');
}
