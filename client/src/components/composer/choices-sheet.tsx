/** Form for a question that is answered with buttons, a list or a link. */
import type { ReactNode } from 'react';
import { MAX_URL_CHARS, QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { ChoiceType, ChoicesDraft } from '../../state/forms.ts';
import { CHOICE_LIMITS, choicesOf, choicesProblems, choiceTypesOf, EMPTY_CHOICES } from './choices.ts';
import { Field, LineFields, SelectField } from './fields.tsx';
import { gateOf } from './problems.ts';
import { BodyField, FooterField, HeaderFields } from './question-fields.tsx';
import { aboveOf } from './question.ts';
import { SheetFrame, type QuestionSheetProps } from './sheet-frame.tsx';
import { useForm, type FormPart } from './use-form.ts';

const TYPES: Readonly<Record<ChoiceType, string>> = { button: 'Buttons', list: 'List', cta_url: 'Link' };

type PartProps = FormPart<ChoicesDraft>;

function Answers({ draft, set, problems }: PartProps): ReactNode {
  if (draft.type === 'cta_url') {
    return (
      <Field
        label="Address"
        placeholder="https://"
        value={draft.url}
        maxLength={MAX_URL_CHARS}
        problem={problems['url']}
        onChange={set('url')}
      />
    );
  }
  const limits = CHOICE_LIMITS[draft.type];
  return (
    <LineFields
      name="Choice"
      lines={draft.options}
      most={limits.options}
      maxLength={limits.title}
      problems={problems}
      onChange={set('options')}
    />
  );
}

function Label({ draft, set, problems }: PartProps): ReactNode {
  if (draft.type === 'button') return null;
  return (
    <Field
      label={draft.type === 'list' ? 'Button that opens the list' : 'What the link says'}
      value={draft.label}
      maxLength={QUESTION_LIMITS.label}
      problem={problems['label']}
      onChange={set('label')}
    />
  );
}

function Above({ draft, set, problems, can }: PartProps & Pick<QuestionSheetProps, 'can'>): ReactNode {
  return (
    <HeaderFields
      header={draft.header}
      can={can}
      hasFile={draft.type !== 'list'}
      problems={problems}
      onChange={set('header')}
    />
  );
}

/** Offers only the types that the number can send. */
export function ChoicesSheet({ threadId, can, onAsk, onClose }: QuestionSheetProps): ReactNode {
  const types = choiceTypesOf(can.interactive);
  const { draft, set } = useForm(threadId, 'choices', { ...EMPTY_CHOICES, type: types[0] ?? 'button' });
  const problems = choicesProblems(draft, can);
  const parts = { draft, set, problems };
  return (
    <SheetFrame
      icon="list"
      title="Question with choices"
      submitLabel="Send"
      {...gateOf(problems)}
      testId="choices-sheet"
      onClose={onClose}
      onSubmit={() => {
        const above = draft.type === 'list' ? null : aboveOf(draft.header, can);
        if (onAsk((file) => choicesOf(draft, file), above)) onClose();
      }}
    >
      <SelectField<ChoiceType>
        label="The customer answers with"
        value={draft.type}
        options={types.map((type) => [type, TYPES[type]])}
        onChange={set('type')}
      />
      <Above {...parts} can={can} />
      <BodyField value={draft.body} max={CHOICE_LIMITS[draft.type].body} problems={problems} onChange={set('body')} />
      <Label {...parts} />
      <Answers {...parts} />
      <FooterField value={draft.footer} problems={problems} onChange={set('footer')} />
    </SheetFrame>
  );
}
