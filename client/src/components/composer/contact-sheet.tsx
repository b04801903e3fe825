/** Form for sending a contact card. */
import type { ReactNode } from 'react';
import { Field } from './fields.tsx';
import { gateOf, problemsOf, required } from './problems.ts';
import { SheetFrame, type SheetProps } from './sheet-frame.tsx';
import { useForm } from './use-form.ts';

const MAX_NAME = 512;
const EMPTY = { name: '', phone: '', organization: '' };
const PHONE = /^\+?[\d\s().-]{5,}$/;

/** Asks for a name, one number and optionally a company. */
export function ContactSheet({ threadId, onSend, onClose }: SheetProps): ReactNode {
  const { draft, set } = useForm(threadId, 'contact', EMPTY);
  const { name, phone, organization } = draft;
  const problems = problemsOf([
    ...required('name', name, { max: MAX_NAME, words: 'Say who it is.' }),
    ['phone', phone.trim() === '', 'Give a number.'],
    ['phone', !PHONE.test(phone.trim()), 'A number has digits, spaces, and perhaps a + in front.'],
  ]);
  const submit = (): void => {
    const card = {
      name: name.trim(),
      phones: [{ phone: phone.trim() }],
      ...(organization.trim() === '' ? {} : { organization: organization.trim() }),
    };
    if (onSend({ kind: 'contacts', contacts: [card] })) onClose();
  };
  return (
    <SheetFrame
      icon="card"
      title="Contact"
      submitLabel="Send contact"
      {...gateOf(problems)}
      testId="contact-sheet"
      onClose={onClose}
      onSubmit={submit}
    >
      <Field
        label="Name"
        value={name}
        maxLength={MAX_NAME}
        testId="contact-name"
        problem={problems['name']}
        onChange={set('name')}
      />
      <Field
        label="Phone"
        placeholder="+1 555 010 0199"
        value={phone}
        maxLength={64}
        testId="contact-phone"
        problem={problems['phone']}
        onChange={set('phone')}
      />
      <Field label="Company (optional)" value={organization} maxLength={256} onChange={set('organization')} />
    </SheetFrame>
  );
}
