/** A question with buttons, a list or a link to answer it. */
import { useState, type ReactNode } from 'react';
import {
  CHOICE_LIMITS,
  EMPTY_CHOICES,
  interactiveOf,
  MAX_FOOTER,
  MAX_LABEL,
  missingIn,
  type ChoicesDraft,
  type ChoiceType,
} from './choices.ts';
import type { SheetProps } from './location-sheet.tsx';
import { Field, SheetFrame } from './sheet-frame.tsx';

const TYPES: Readonly<Record<ChoiceType, string>> = { button: 'Buttons', list: 'List', cta_url: 'Link' };

interface PartProps {
  readonly draft: ChoicesDraft;
  readonly change: (part: Partial<ChoicesDraft>) => void;
}

function TypeSelect({ draft, change, types }: PartProps & { readonly types: readonly ChoiceType[] }): ReactNode {
  return (
    <label className="field">
      The customer answers with
      <select
        value={draft.type}
        onChange={(event) => {
          change({ type: event.target.value as ChoiceType });
        }}
      >
        {types.map((type) => (
          <option key={type} value={type}>
            {TYPES[type]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Options({ draft, change }: PartProps): ReactNode {
  const limits = CHOICE_LIMITS[draft.type];
  const shown = draft.options.slice(0, limits.options);
  return (
    <>
      {shown.map((title, index) => (
        <Field
          key={index}
          label={`Choice ${String(index + 1)}`}
          value={title}
          maxLength={limits.title}
          testId={`choice-${String(index + 1)}`}
          onChange={(text) => {
            change({ options: draft.options.with(index, text) });
          }}
        />
      ))}
      {shown.length < limits.options ? (
        <button
          type="button"
          className="link"
          onClick={() => {
            change({ options: [...draft.options, ''] });
          }}
        >
          Another choice
        </button>
      ) : null}
    </>
  );
}

function Link({ draft, change }: PartProps): ReactNode {
  return (
    <Field
      label="Address"
      placeholder="https://"
      value={draft.url}
      maxLength={2000}
      onChange={(url) => {
        change({ url });
      }}
    />
  );
}

/** Offers the forms that the number can send. */
export function ChoicesSheet({
  types,
  onSend,
  onClose,
}: SheetProps & { readonly types: readonly ChoiceType[] }): ReactNode {
  const [draft, setDraft] = useState<ChoicesDraft>({ ...EMPTY_CHOICES, type: types[0] ?? 'button' });
  const change = (part: Partial<ChoicesDraft>): void => {
    setDraft({ ...draft, ...part });
  };
  const missing = missingIn(draft);
  return (
    <SheetFrame
      icon="list"
      title="Question with choices"
      submitLabel="Send"
      canSubmit={missing === null}
      testId="choices-sheet"
      onClose={onClose}
      onSubmit={() => {
        if (onSend({ kind: 'interactive', interactive: interactiveOf(draft) })) onClose();
      }}
      aside={missing}
    >
      <TypeSelect draft={draft} change={change} types={types} />
      <Field
        label="Question"
        value={draft.body}
        maxLength={CHOICE_LIMITS[draft.type].body}
        testId="choices-body"
        isLong
        onChange={(body) => {
          change({ body });
        }}
      />
      {draft.type === 'button' ? null : (
        <Field
          label={draft.type === 'list' ? 'Button that opens the list' : 'What the link says'}
          value={draft.label}
          maxLength={MAX_LABEL}
          onChange={(label) => {
            change({ label });
          }}
        />
      )}
      {draft.type === 'cta_url' ? <Link draft={draft} change={change} /> : <Options draft={draft} change={change} />}
      <Field
        label="Small print (optional)"
        value={draft.footer}
        maxLength={MAX_FOOTER}
        onChange={(footer) => {
          change({ footer });
        }}
      />
    </SheetFrame>
  );
}
