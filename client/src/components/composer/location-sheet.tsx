/** Form for sending a place, by coordinates or a map link. */
import type { ReactNode } from 'react';
import { Place } from '../kinds/place.tsx';
import { Field } from './fields.tsx';
import { parsePlace } from './place-text.ts';
import { gateOf, problemsOf } from './problems.ts';
import { SheetFrame, type SheetProps } from './sheet-frame.tsx';
import { useForm } from './use-form.ts';

const EMPTY = { where: '', name: '', address: '' };

/** Asks for the place and shows it as the customer will see it. */
export function LocationSheet({ threadId, onSend, onClose }: SheetProps): ReactNode {
  const { draft, set } = useForm(threadId, 'location', EMPTY);
  const { where, name, address } = draft;
  const point = parsePlace(where);
  const problems = problemsOf([
    ['where', where.trim() === '', 'Say where it is.'],
    ['where', point === null, 'No coordinates in this. A short link has none: open it first.'],
  ]);
  const place = point === null ? null : { ...point, ...filled({ name, address }) };
  return (
    <SheetFrame
      icon="pin"
      title="Location"
      submitLabel="Send location"
      {...gateOf(problems)}
      testId="location-sheet"
      onClose={onClose}
      onSubmit={() => {
        if (place !== null && onSend({ kind: 'location', location: place })) onClose();
      }}
    >
      <Field
        label="Coordinates or a link of a map"
        placeholder="52.51630, 13.37770"
        value={where}
        maxLength={2000}
        testId="location-where"
        problem={problems['where']}
        onChange={set('where')}
      />
      <Field label="Name (optional)" value={name} maxLength={1000} onChange={set('name')} />
      <Field label="Address (optional)" value={address} maxLength={1000} onChange={set('address')} />
      {place === null ? null : <Place place={place} isLive={false} />}
    </SheetFrame>
  );
}

/** Only the fields that were filled in. */
function filled(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== ''));
}
