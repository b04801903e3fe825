/** Dialog for adding or changing a saved reply. */
import { useRef, type ReactNode } from 'react';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { MAX_SHORTCUT_CHARS, type Placeholder } from '../../../../src/contract/saved-reply-text.ts';
import { Dialog } from '../../components/dialog.tsx';
import { shownName } from '../../components/format.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { ReplyFiles } from './reply-files.tsx';
import { useReplyFiles } from './use-reply-files.ts';
import { useReplyForm, type Meanwhile, type ReplyDraft } from './use-reply-form.ts';
import { useChanger } from './use-changer.ts';

type ReplyForm = ReturnType<typeof useReplyForm>;

interface FormProps {
  readonly form: ReplyForm;
}

function Problem({ form, field }: FormProps & { readonly field: keyof ReplyDraft }): ReactNode {
  const words = form.problems.get(field);
  if (words === undefined) return null;
  return (
    <span className="field-problem" role="alert" data-testid={`reply-${field}-problem`}>
      {words}
    </span>
  );
}

function Shortcut({ form }: FormProps): ReactNode {
  return (
    <label className="field">
      Shortcut
      <span className="reply-shortcut">
        <span aria-hidden="true">/</span>
        <input
          value={form.draft.shortcut}
          dir="auto"
          maxLength={MAX_SHORTCUT_CHARS}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-testid="reply-shortcut"
          aria-invalid={form.problems.has('shortcut')}
          onChange={(event) => {
            form.type({ shortcut: event.target.value.replace(/^\//, '') });
          }}
        />
      </span>
      <Problem form={form} field="shortcut" />
    </label>
  );
}

const NAMES: readonly (readonly [Placeholder, string])[] = [
  ['customer.name', 'Customer’s name'],
  ['agent.name', 'Agent’s name'],
];

function Text({ form }: FormProps): ReactNode {
  const area = useRef<HTMLTextAreaElement>(null);
  const { text } = form.draft;
  const insert = (name: Placeholder): void => {
    const { selectionStart: start, selectionEnd: end } = area.current ?? { selectionStart: 0, selectionEnd: 0 };
    form.type({ text: `${text.slice(0, start)}{{${name}}}${text.slice(end)}` });
    area.current?.focus();
  };
  return (
    <div className="field">
      <label>
        Text
        <textarea
          ref={area}
          value={text}
          dir="auto"
          rows={7}
          data-testid="reply-text"
          aria-invalid={form.problems.has('text')}
          onChange={(event) => {
            form.type({ text: event.target.value });
          }}
        />
        <Problem form={form} field="text" />
      </label>
      <div className="reply-names">
        Insert:
        {NAMES.map(([name, words]) => (
          <button
            key={name}
            type="button"
            className="link"
            data-testid={`insert-${name}`}
            onClick={() => {
              insert(name);
            }}
          >
            {words}
          </button>
        ))}
      </div>
    </div>
  );
}

function ChangedBar({ form, to }: FormProps & { readonly to: SavedReply }): ReactNode {
  const who = useChanger(to);
  return (
    <div className="bar reply-meanwhile" data-level="warn" role="alert" data-testid="reply-changed">
      <span className="reply-theirs">
        {who} changed this reply meanwhile. /{to.shortcut}: {to.text}
        {to.files.map(({ filename }) => `\n${shownName(filename)}`).join('')}
      </span>
      <button
        type="button"
        className="link"
        data-testid="take-theirs"
        onClick={() => {
          form.settle('theirs', to);
        }}
      >
        Take theirs
      </button>
      <button
        type="button"
        className="link"
        data-testid="keep-mine"
        onClick={() => {
          form.settle('mine', to);
        }}
      >
        Keep mine
      </button>
    </div>
  );
}

function MeanwhileBar({ form, meanwhile }: FormProps & { readonly meanwhile: Meanwhile }): ReactNode {
  if (meanwhile === null) return null;
  if (meanwhile.what === 'changed') return <ChangedBar form={form} to={meanwhile.to} />;
  return (
    <div className="bar" data-level="warn" role="alert" data-testid="reply-removed">
      Somebody removed this reply meanwhile. Saving adds it again.
    </div>
  );
}

interface ReplyFormProps {
  /** The one to change; null for a new one. */
  readonly reply: SavedReply | null;
  readonly onSaved: (shortcut: string) => void;
  readonly onClose: () => void;
}

/** Saves while nobody else has changed the reply; otherwise asks first whose words count. */
export function ReplyFormDialog({ reply, onSaved, onClose }: ReplyFormProps): ReactNode {
  const form = useReplyForm(reply, onSaved);
  const { draft, error, meanwhile, isBusy } = form;
  const uploads = useReplyFiles({ count: draft.files.length, onFile: form.addFile });
  const isWhole = draft.shortcut.trim() !== '' && draft.text.trim() !== '';
  return (
    <Dialog
      title={reply === null ? 'Add a saved reply' : `Change /${reply.shortcut}`}
      testId="reply-form"
      onClose={onClose}
    >
      <form
        className="sheet"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void form.save();
        }}
      >
        <div className="sheet-body reply-form">
          <Shortcut form={form} />
          <Text form={form} />
          <ReplyFiles
            files={draft.files}
            uploads={uploads}
            problem={<Problem form={form} field="files" />}
            onRemove={form.removeFile}
          />
        </div>
        <MeanwhileBar form={form} meanwhile={meanwhile} />
        {error === null || meanwhile?.what === 'changed' ? null : (
          <div className="bar" data-level="bad" role="alert" data-testid="reply-problem">
            {refusalWords(error)}
          </div>
        )}
        <div className="composer-foot">
          <span />
          <button
            type="submit"
            className="button button-primary"
            data-testid="reply-save"
            aria-disabled={isBusy}
            disabled={!isWhole || uploads.isAdding || meanwhile?.what === 'changed'}
          >
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
