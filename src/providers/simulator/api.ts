/** The carriers' own APIs, as the product calls them: what a call wants, and what is answered. */
import type { Loose } from '../../lib/loose.ts';
import type { SentByBusiness } from './phone.ts';
import type { SimulatedAccount } from './options.ts';
import type { SimFile } from './uploads.ts';
import type { World } from './world.ts';

/** A call as it came. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parameters: of JSON, of a form, or the fields of a multipart body. */
  readonly json: Loose;
  /** The file of a multipart body. */
  readonly file: SimFile | null;
}

/** An answer, with a status and a body: JSON, or bytes as they are. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a valid call wants done, and how its success is answered. */
export type Wish =
  | {
      readonly kind: 'send';
      readonly customer: string;
      readonly sent: SentByBusiness;
      /** Where the carrier gets the file from, after it has answered. */
      readonly fetch?: string | null;
      /** Taken, and given up later with this code. */
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

/** A call that was understood, or refused at once. `account` is null while it is not known whose it is. */
export interface Understood {
  readonly account: SimulatedAccount | null;
  readonly wish: Wish;
}

/** Reads calls of one carrier; null = not a path of this carrier. */
export type ApiReader = (request: ApiRequest, world: World) => Understood | null;

/** A wish that is only an answer. */
export function only(account: SimulatedAccount | null, status: number, body: unknown): Understood {
  return { account, wish: { kind: 'nothing', answer: { status, body } } };
}
