/** Choosing a template and filling it in. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Account } from '../../../../src/contract/entities.ts';
import type { Template } from '../../../../src/contract/templates.ts';
import type { SendContent } from '../../sync/content.ts';
import { TemplateFill } from './template-fill.tsx';
import { TemplateForm } from './template-form.tsx';
import { TemplateList } from './template-list.tsx';

interface TemplateSheetProps {
  readonly accountId: Account['id'];
  /** Why only a template can be sent; null where anything else can be, too. */
  readonly reason: string | null;
  readonly onSend: (content: SendContent) => boolean;
  /** Absent where there is nothing else to write. */
  readonly onClose?: (() => void) | undefined;
}

type Step =
  { readonly type: 'list' } | { readonly type: 'by-name' } | { readonly type: 'fill'; readonly template: Template };

/** Whether what calls it is still on screen. */
function useIsHere(): () => boolean {
  const isHere = useRef(false);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  return () => isHere.current;
}

/** List, then form; a template that our list does not have can be named. */
export function TemplateSheet({ accountId, reason, onSend, onClose }: TemplateSheetProps): ReactNode {
  const [step, setStep] = useState<Step>({ type: 'list' });
  const isHere = useIsHere();
  const toList = (): void => {
    setStep({ type: 'list' });
  };
  const send = (content: SendContent): boolean => {
    const isTaken = onSend(content);
    // After a long upload somebody may be elsewhere, where there is nothing of ours to close.
    if (isTaken && isHere()) (onClose ?? toList)();
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
        <TemplateFill accountId={accountId} template={step.template} onSend={send} onBack={toList} />
      ) : null}
      {step.type === 'by-name' ? <TemplateForm onSend={send} onBack={toList} /> : null}
    </div>
  );
}
