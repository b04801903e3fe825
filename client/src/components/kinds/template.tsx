/** A template message as the customer received it, as far as its text is known. */
import type { ReactNode } from 'react';
import type { Message } from '../../../../src/contract/message.ts';
import { Attachment } from '../attachments/attachment.tsx';
import { Icon } from '../icons.tsx';
import { listAt, textAt } from '../loose.ts';
import { RichText } from '../rich-text-view.tsx';

/** The texts filled into the placeholders, in order. */
function parametersOf(template: Message['template']): readonly string[] {
  return listAt(template, 'components')
    .flatMap((component) => listAt(component, 'parameters'))
    .map((parameter) => textAt(parameter, 'text'))
    .filter((text) => text !== null);
}

/** Name and language, then the file and the text. If the text is unknown, shows the values that were filled in. */
export function Template({ message }: { readonly message: Message }): ReactNode {
  const { template, text } = message;
  const name = textAt(template, 'name');
  const language = textAt(template, 'language', 'language.code');
  return (
    <>
      <div className="content-label">
        <Icon name="template" size={15} />
        {['Template', name, language].filter(Boolean).join(' · ')}
      </div>
      <Attachment message={message} />
      {text !== null ? (
        <RichText text={text} />
      ) : (
        parametersOf(template).map((parameter, index) => (
          <span key={index} className="chosen" dir="auto">
            {parameter}
          </span>
        ))
      )}
    </>
  );
}
