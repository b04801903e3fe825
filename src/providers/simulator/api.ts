/** The carriers' own APIs, as the product calls them: what a call asks for, and how it is answered. */
import type { Loose } from '../../lib/loose.ts';
import type { SentByBusiness } from './phone.ts';
import type { SimulatedAccount } from './options.ts';
import type { SimFile } from './uploads.ts';
import type { World } from './world.ts';

/** A call as it was received. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parameters, from JSON, a form, or the fields of a multipart body. */
  readonly json: Loose;
  /** The file of a multipart body. */
  readonly file: SimFile | null;
}

/** A response: the body is JSON, or bytes sent unchanged. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a valid call asks for, and the response when it succeeds. */
export type Wish =
  | {
      readonly kind: 'send';
      readonly customer: string;
      readonly sent: SentByBusiness;
      /** URL from which the carrier fetches the file after it has answered. */
      readonly fetch?: string | null;
      /** The message is accepted, and later reported as failed with this code. */
      readonly fails?: number | null;
      readonly answer: (id: string) => ApiAnswer;
    }
  | {
      readonly kind: 'react';
      readonly targetId: string;
      readonly emoji: string;
      readonly clientRef: string | null;
      readonly answer: (id: string) => ApiAnswer;
    }
  | { readonly kind: 'upload'; readonly file: SimFile; readonly answer: (id: string) => ApiAnswer }
  | { readonly kind: 'read'; readonly customer: string; readonly typing: boolean; readonly answer: ApiAnswer }
  | { readonly kind: 'typing'; readonly customer: string; readonly holdMs: number; readonly answer: ApiAnswer }
  | { readonly kind: 'nothing'; readonly answer: ApiAnswer };

/** A call that was understood or refused at once. `account` is null as long as we do not know whose call it is. */
export interface Understood {
  readonly account: SimulatedAccount | null;
  readonly wish: Wish;
}

/** Reads calls of one carrier; null when the path is not one of this carrier. */
export type ApiReader = (request: ApiRequest, world: World) => Understood | null;

/** A call that changes nothing and only gets a response. */
export function only(account: SimulatedAccount | null, status: number, body: unknown): Understood {
  return { account, wish: { kind: 'nothing', answer: { status, body } } };
}
