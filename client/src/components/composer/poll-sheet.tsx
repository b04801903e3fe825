/** Form for a poll: a question, its options, and how many of them may be chosen. */
import type { ReactNode } from 'react';
import { POLL_LIMITS } from '../../../../src/contract/send-limits.ts';
import { Field, LineFields, SelectField } from './fields.tsx';
import { EMPTY_POLL, pollOf, pollProblems } from './poll.ts';
import { gateOf } from './problems.ts';
import { SheetFrame, type SheetProps } from './sheet-frame.tsx';
import { useForm } from './use-form.ts';

const ANSWERS = [
  ['one', 'One option'],
  ['several', 'Several options'],
] as const;

/** The poll form. */
export function PollSheet({ threadId, onSend, onClose }: SheetProps): ReactNode {
  const { draft, set } = useForm(threadId, 'poll', EMPTY_POLL);
  const problems = pollProblems(draft);
  return (
    <SheetFrame
      icon="poll"
      title="Poll"
      submitLabel="Send poll"
      {...gateOf(problems)}
      testId="poll-sheet"
      onClose={onClose}
      onSubmit={() => {
        if (onSend({ kind: 'poll', poll: pollOf(draft) })) onClose();
      }}
    >
      <Field
        label="Question"
        value={draft.question}
        maxLength={POLL_LIMITS.question}
        testId="poll-question"
        isLong
        problem={problems['question']}
        onChange={set('question')}
      />
      <LineFields
        name="Option"
        lines={draft.options}
        most={POLL_LIMITS.mostOptions}
        maxLength={POLL_LIMITS.option}
        problems={problems}
        onChange={set('options')}
      />
      <SelectField
        label="The customer may choose"
        value={draft.multiple ? 'several' : 'one'}
        options={ANSWERS}
        testId="poll-answers"
        onChange={(answers) => {
          set('multiple')(answers === 'several');
        }}
      />
    </SheetFrame>
  );
}
