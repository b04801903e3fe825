/** Buttons for what can be sent besides text. Only what the number supports is offered. */
import { useCallback, useRef, useState, type ReactNode } from 'react';
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import { Icon, type IconName } from '../icons.tsx';
import { Menu } from '../menu.tsx';
import type { FormName } from '../../state/forms.ts';
import { EmojiPicker } from './emoji-picker.tsx';
import { sheetsOf } from './sheets.ts';

const SHEETS: Readonly<Record<FormName, { readonly icon: IconName; readonly label: string }>> = {
  template: { icon: 'template', label: 'Template' },
  choices: { icon: 'list', label: 'Buttons or a list' },
  poll: { icon: 'poll', label: 'Poll' },
  location: { icon: 'pin', label: 'Location' },
  contact: { icon: 'card', label: 'Contact' },
  products: { icon: 'cart', label: 'Products of a catalog' },
  flow: { icon: 'form', label: 'Form to fill in' },
};

interface ButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly testId: string;
  readonly onClick: () => void;
}

function ToolButton({ icon, label, testId, onClick }: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      className="icon-button"
      title={label}
      aria-label={label}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function AttachButton({ onFiles }: { readonly onFiles: (files: Iterable<File>) => void }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <ToolButton icon="attach" label="Attach files" testId="attach" onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="file-input"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </>
  );
}

interface MoreButtonProps {
  readonly offered: readonly FormName[];
  readonly onSheet: (sheet: FormName) => void;
}

function MoreButton({ offered, onSheet }: MoreButtonProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const close = useCallback(() => {
    setOpen(false);
  }, []);
  const items = offered.map((sheet) => ({
    ...SHEETS[sheet],
    testId: `sheet-${sheet}`,
    onPick: () => {
      onSheet(sheet);
    },
  }));
  return (
    <span
      className="more-button"
      onPointerDown={(event) => {
        // The button closes the menu itself. If this counted as a click outside, the menu would close and the button
        // reopen it.
        event.stopPropagation();
      }}
    >
      <ToolButton
        icon="plus"
        label="More to send"
        testId="more-to-send"
        onClick={() => {
          setOpen(!isOpen);
        }}
      />
      {isOpen ? <Menu label="More to send" items={items} onDone={close} /> : null}
    </span>
  );
}

interface ToolbarProps {
  readonly capabilities: Capabilities;
  readonly onFiles: (files: Iterable<File>) => void;
  readonly onEmoji: (emoji: string) => void;
  readonly onSheet: (sheet: FormName) => void;
  readonly onRecord: () => void;
  /** Another button, after the emoji. */
  readonly children: ReactNode;
}

/** The row of buttons below the text field. */
export function Toolbar({ capabilities, onFiles, onEmoji, onSheet, onRecord, children }: ToolbarProps): ReactNode {
  const { media } = capabilities;
  const { inRow, inMenu } = sheetsOf(capabilities);
  return (
    <div className="composer-tools" role="toolbar" aria-label="Add to the message">
      {Object.keys(media).length === 0 ? null : <AttachButton onFiles={onFiles} />}
      <EmojiPicker onPick={onEmoji} />
      {children}
      {media.audio === undefined ? null : (
        <ToolButton icon="audio" label="Record a voice message" testId="record" onClick={onRecord} />
      )}
      {inRow.map((sheet) => (
        <ToolButton
          key={sheet}
          {...SHEETS[sheet]}
          testId={`sheet-${sheet}`}
          onClick={() => {
            onSheet(sheet);
          }}
        />
      ))}
      {inMenu.length === 0 ? null : <MoreButton offered={inMenu} onSheet={onSheet} />}
    </div>
  );
}
