/** Choosing a template and filling it in. */
import { useState, type ReactNode } from 'react';
import type { Account } from '../../../../src/contract/entities.ts';
import type { Template } from '../../../../src/contract/templates.ts';
import type { AboveFile } from './question.ts';
import type { ContentWith } from './sheet-frame.tsx';
import { TemplateFill } from './template-fill.tsx';
import { TemplateForm } from './template-form.tsx';
import { TemplateList } from './template-list.tsx';

interface TemplateSheetProps {
  /** The thread that the input is kept for. */
  readonly threadId: string;
  readonly accountId: Account['id'];
  /** Why only a template can be sent; null when other messages can be sent too. */
  readonly reason: string | null;
  /**
   * Sends the template; uploads the file first if there is one. Returns false when it was not accepted; the form then
   * stays open.
   */
  readonly onSend: (contentWith: ContentWith, above: AboveFile | null) => boolean;
  /** Absent when nothing but a template can be sent. */
  readonly onClose?: (() => void) | undefined;
}

type Step =
  { readonly type: 'list' } | { readonly type: 'by-name' } | { readonly type: 'fill'; readonly template: Template };

/** Shows the list, then the form. A template that is missing from the list can be entered by name. */
export function TemplateSheet({ threadId, accountId, reason, onSend, onClose }: TemplateSheetProps): ReactNode {
  const [step, setStep] = useState<Step>({ type: 'list' });
  const toList = (): void => {
    setStep({ type: 'list' });
  };
  const send: TemplateSheetProps['onSend'] = (contentWith, above) => {
    const isTaken = onSend(contentWith, above);
    if (isTaken) (onClose ?? toList)();
    return isTaken;
  };
  return (
    <div data-testid="template-sheet">
      {reason === null || step.type === 'fill' ? null : <p className="template-why">{reason}</p>}
      {step.type === 'list' ? (
        <TemplateList
          accountId={accountId}
          onPick={(template) => {
            setStep({ type: 'fill', template });
          }}
          onByName={() => {
            setStep({ type: 'by-name' });
          }}
          onClose={onClose}
        />
      ) : null}
      {step.type === 'fill' ? (
        <TemplateFill
          threadId={threadId}
          accountId={accountId}
          template={step.template}
          onSend={send}
          onBack={toList}
        />
      ) : null}
      {step.type === 'by-name' ? (
        <TemplateForm onSend={(content) => send(() => content, null)} onBack={toList} />
      ) : null}
    </div>
  );
}
