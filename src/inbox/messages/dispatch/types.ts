/** Types shared by the parts of dispatch. */
import type { Address } from '../../../contract/entities.ts';
import type { AccountId, TenantId, ThreadId } from '../../../contract/ids.ts';
import type { Priority } from '../../../contract/send-input.ts';
import type { SendContent } from '../../../providers/sending.ts';
import type { LoggedEvent } from '../../event-log.ts';

/** One conversation with something to send. */
export interface ThreadRef {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly threadId: ThreadId;
}

/** An attachment that is ready: where its bytes are, and its description. */
export interface StoredFile {
  readonly mediaId: string;
  readonly storageKey: string;
  readonly mime: string;
  readonly filename: string | null;
  readonly voice: boolean;
}

/** What to send, with its attachment still in the store. */
export type StoredContent = SendContent<StoredFile>;

/**
 * One committed attempt: nobody else may hand this row to the provider until the attempt is recorded or its lease is
 * over. `attempt` counts from 1, this one included. `sinceMs`: when the row was first tried.
 */
export interface Attempt extends ThreadRef {
  readonly subject: 'message' | 'reaction';
  readonly id: string;
  readonly attemptId: string;
  readonly attempt: number;
  readonly sinceMs: number;
  readonly to: Address;
  /** Null: this row cannot be sent at all, for the reason in `unsendable`. */
  readonly content: StoredContent | null;
  readonly unsendable: string | null;
  readonly quoteId: string | null;
}

/**
 * `none`: nothing is due now; `dueInMs` says when the head of the queue is due, null if the queue is empty. `busy`:
 * another worker has an attempt in this thread and will continue with the queue.
 */
export type Claim =
  | {
      readonly kind: 'claimed';
      readonly attempt: Attempt;
      readonly logged: readonly LoggedEvent[];
    }
  | { readonly kind: 'none'; readonly dueInMs: number | null }
  | { readonly kind: 'busy' };

/** Stored as the `error` of a row and shown to agents once it has failed. */
export interface SendError {
  readonly code: string;
  readonly title: string;
  readonly retryable: boolean;
}

/** What to do with an attempt that certainly did not reach the customer. */
export type Verdict =
  | {
      readonly to: 'queued';
      readonly delayMs: number;
      /** False if the refusal says nothing about this message, so that it uses up no attempt. */
      readonly counts: boolean;
      /** How long the whole number pauses; 0: it does not. */
      readonly restMs: number;
      readonly error: SendError;
    }
  | {
      readonly to: 'failed';
      readonly error: SendError;
      readonly stopAccount: boolean;
      /** The thread's customer service window is closed, whatever we had counted. */
      readonly closeWindow: boolean;
    };

/**
 * Whether the row still belonged to this attempt, who waits for what is left in the thread (null: nothing), and what
 * was logged.
 */
export interface Recorded {
  readonly applied: boolean;
  readonly next: Priority | null;
  readonly logged: readonly LoggedEvent[];
}
