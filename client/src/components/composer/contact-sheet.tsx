/** A contact card to send. */
import { useState, type ReactNode } from 'react';
import { Field } from './fields.tsx';
import { SheetFrame, type SheetProps } from './sheet-frame.tsx';

const PHONE = /^\+?[\d\s().-]{5,}$/;

/** A name and one number, as people pass contacts on. */
export function ContactSheet({ onSend, onClose }: SheetProps): ReactNode {
  const [name, setName] = useState('');
  const [phone, setPhone] = useState('');
  const [organization, setOrganization] = useState('');
  const isPhone = PHONE.test(phone.trim());
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
      canSubmit={name.trim() !== '' && isPhone}
      testId="contact-sheet"
      onClose={onClose}
      onSubmit={submit}
      aside={phone !== '' && !isPhone ? 'A number has digits, spaces, and perhaps a + in front.' : null}
    >
      <Field label="Name" value={name} maxLength={512} testId="contact-name" onChange={setName} />
      <Field
        label="Phone"
        placeholder="+1 555 010 0199"
        value={phone}
        maxLength={64}
        testId="contact-phone"
        onChange={setPhone}
      />
      <Field label="Company (optional)" value={organization} maxLength={256} onChange={setOrganization} />
    </SheetFrame>
  );
}
