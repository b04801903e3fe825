/** Form for sending a WhatsApp Flow, which the customer fills in inside WhatsApp. */
import type { ReactNode } from 'react';
import { FLOW_LIMITS, QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { FlowDraft } from '../../state/forms.ts';
import { Field, SelectField } from './fields.tsx';
import { EMPTY_FLOW, flowOf, flowProblems } from './flow.ts';
import { gateOf } from './problems.ts';
import { BodyField, FooterField, HeaderFields } from './question-fields.tsx';
import { aboveOf } from './question.ts';
import { SheetFrame, type QuestionSheetProps } from './sheet-frame.tsx';
import { useForm, type FormPart } from './use-form.ts';

const BY = [
  ['id', 'By its id'],
  ['name', 'By its name'],
] as const;
const MODES = [
  ['published', 'Published'],
  ['draft', 'Draft, for trying it'],
] as const;

type PartProps = FormPart<FlowDraft>;

/** Which flow, its first screen, and the button that opens it. */
function Which({ draft, set, problems }: PartProps): ReactNode {
  return (
    <>
      <SelectField label="The form is known" value={draft.by} options={BY} testId="flow-by" onChange={set('by')} />
      <Field
        label={draft.by === 'id' ? 'Id of the form' : 'Name of the form'}
        value={draft.flow}
        maxLength={FLOW_LIMITS[draft.by]}
        testId="flow-ref"
        problem={problems['flow']}
        onChange={set('flow')}
      />
      <Field
        label="Button that opens the form"
        value={draft.label}
        maxLength={QUESTION_LIMITS.label}
        testId="flow-label"
        problem={problems['label']}
        onChange={set('label')}
      />
      <Field
        label="First screen (optional)"
        value={draft.screen}
        maxLength={FLOW_LIMITS.screen}
        testId="flow-screen"
        problem={problems['screen']}
        onChange={set('screen')}
      />
      <SelectField label="Which version" value={draft.mode} options={MODES} testId="flow-mode" onChange={set('mode')} />
    </>
  );
}

/** The form for a flow. */
export function FlowSheet({ threadId, can, onAsk, onClose }: QuestionSheetProps): ReactNode {
  const { draft, set } = useForm(threadId, 'flow', EMPTY_FLOW);
  const problems = flowProblems(draft, can);
  return (
    <SheetFrame
      icon="form"
      title="Form"
      submitLabel="Send form"
      {...gateOf(problems)}
      testId="flow-sheet"
      onClose={onClose}
      onSubmit={() => {
        if (onAsk((file) => flowOf(draft, file), aboveOf(draft.header, can))) onClose();
      }}
    >
      <HeaderFields header={draft.header} can={can} problems={problems} onChange={set('header')} />
      <BodyField value={draft.body} problems={problems} onChange={set('body')} />
      <Which draft={draft} set={set} problems={problems} />
      <FooterField value={draft.footer} problems={problems} onChange={set('footer')} />
    </SheetFrame>
  );
}
