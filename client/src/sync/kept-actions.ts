/** What somebody began in a conversation and has not sent: text, files, forms. */
import type { KeptForms } from '../state/forms.ts';
import type { AppState, Draft, Store } from '../state/store.ts';
import { withFiles, type SendableFile } from './stored-file.ts';

/** What screens may do with it. */
export type KeptActions = ReturnType<typeof makeKeptActions>;

/** Builds the actions over the store. */
export function makeKeptActions(store: Store) {
  /** Ignores what comes late for a conversation that was erased, such as the end of a recording. */
  const keep = (threadId: string, change: (state: AppState) => AppState): void => {
    store.update((state) => (state.erased.has(threadId) ? state : change(state)));
  };
  return {
    /** Attaches files to the text that is being written; they are sent with it. */
    chooseFiles: (threadId: string, files: readonly SendableFile[]): void => {
      keep(threadId, (state) => ({ ...state, tray: { ...state.tray, [threadId]: files } }));
    },
    /** Attaches more files. */
    addFiles: (threadId: string, more: Iterable<SendableFile>): void => {
      keep(threadId, (state) => {
        const files = withFiles(state.tray[threadId] ?? [], more);
        return { ...state, tray: { ...state.tray, [threadId]: files } };
      });
    },
    /** Keeps what was typed into forms; undefined forgets it. */
    keepForm: (threadId: string, part: KeptForms): void => {
      keep(threadId, (state) => {
        const forms = { ...state.forms, [threadId]: { ...state.forms[threadId], ...part } };
        return { ...state, forms };
      });
    },
    saveDraft: (threadId: string, draft: Draft): void => {
      keep(threadId, (state) => {
        const others = Object.entries(state.drafts).filter(([id]) => id !== threadId);
        const isEmpty = draft.reply.trim() === '' && draft.note.trim() === '';
        return { ...state, drafts: Object.fromEntries(isEmpty ? others : [...others, [threadId, draft]]) };
      });
    },
  };
}
