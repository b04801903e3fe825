/** Fields shared by the forms. */
import { useId, useState, type ReactNode } from 'react';
import type { Problems } from './problems.ts';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly maxLength: number;
  readonly testId?: string;
  readonly placeholder?: string;
  readonly isLong?: boolean;
  /** Takes the focus when it appears. */
  readonly isNext?: boolean;
  /** What is wrong with the value. Shown once somebody has typed something or left the field. */
  readonly problem?: string | undefined;
  readonly onChange: (value: string) => void;
}

/** One labelled line of text, or several lines. */
export function Field({
  label,
  value,
  maxLength,
  testId,
  placeholder,
  isLong = false,
  isNext = false,
  problem,
  onChange,
}: FieldProps): ReactNode {
  const [isLeft, setLeft] = useState(false);
  const id = useId();
  const shown = isLeft || value !== '' ? problem : undefined;
  const shared = {
    value,
    maxLength,
    placeholder,
    autoFocus: isNext,
    dir: 'auto',
    'data-testid': testId,
    'aria-invalid': shown !== undefined,
    'aria-describedby': shown === undefined ? undefined : id,
    onBlur: () => {
      setLeft(true);
    },
    onChange: (event: { readonly target: { readonly value: string } }) => {
      onChange(event.target.value);
    },
  } as const;
  return (
    <div className="field">
      <label>
        {label}
        {isLong ? <textarea rows={3} {...shared} /> : <input {...shared} />}
      </label>
      {shown === undefined ? null : (
        <span id={id} className="field-problem">
          {shown}
        </span>
      )}
    </div>
  );
}

interface SelectFieldProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly testId?: string;
  readonly onChange: (value: T) => void;
}

/** A choice among a few options. */
export function SelectField<T extends string>({
  label,
  value,
  options,
  testId,
  onChange,
}: SelectFieldProps<T>): ReactNode {
  return (
    <label className="field">
      {label}
      <select
        value={value}
        data-testid={testId}
        onChange={(event) => {
          const chosen = options.find(([one]) => one === event.target.value);
          if (chosen !== undefined) onChange(chosen[0]);
        }}
      >
        {options.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

interface AnotherButtonProps {
  readonly label: string;
  readonly onClick: () => void;
}

/** A button that adds another of the fields above it. */
export function AnotherButton({ label, onClick }: AnotherButtonProps): ReactNode {
  return (
    <button type="button" className="link another" onClick={onClick}>
      {label}
    </button>
  );
}

interface LineFieldsProps {
  /** Name of one line, such as `Choice`. In lower case it is the prefix of problem keys and test ids. */
  readonly name: string;
  readonly lines: readonly string[];
  readonly most: number;
  readonly maxLength: number;
  readonly problems: Problems;
  readonly onChange: (lines: readonly string[]) => void;
}

/** A list of one-line fields, with a button to add more up to `most`. */
export function LineFields({ name, lines, most, maxLength, problems, onChange }: LineFieldsProps): ReactNode {
  const shown = lines.slice(0, most);
  const [isAdding, setAdding] = useState(false);
  return (
    <>
      {shown.map((text, index) => {
        const field = `${name.toLowerCase()}-${String(index + 1)}`;
        return (
          <Field
            key={index}
            label={`${name} ${String(index + 1)}`}
            value={text}
            maxLength={maxLength}
            testId={field}
            isNext={isAdding && index === shown.length - 1}
            problem={problems[field]}
            onChange={(changed) => {
              setAdding(false);
              onChange(lines.with(index, changed));
            }}
          />
        );
      })}
      {shown.length < most ? (
        <AnotherButton
          label={`Another ${name.toLowerCase()}`}
          onClick={() => {
            setAdding(true);
            onChange([...lines, '']);
          }}
        />
      ) : null}
    </>
  );
}
