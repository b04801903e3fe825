/** What besides text can be sent through this number. What it cannot do is not offered. */
import { useRef, useState, type ReactNode } from 'react';
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import type { MessageKind } from '../../../../src/contract/message.ts';
import { Icon, type IconName } from '../icons.tsx';
import { Palette } from '../reactions.tsx';

/** Forms that take the place of the text while they are open. */
export type Sheet = 'template' | 'location' | 'contact' | 'choices';

const SHEETS: readonly { sheet: Sheet; kind: MessageKind; icon: IconName; label: string }[] = [
  { sheet: 'template', kind: 'template', icon: 'template', label: 'Template' },
  { sheet: 'choices', kind: 'interactive', icon: 'list', label: 'Buttons or a list' },
  { sheet: 'location', kind: 'location', icon: 'pin', label: 'Location' },
  { sheet: 'contact', kind: 'contacts', icon: 'card', label: 'Contact' },
];

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

function EmojiButton({ onPick }: { readonly onPick: (emoji: string) => void }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <span
      className="emoji-button"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        setOpen(false);
      }}
    >
      <ToolButton
        icon="smile"
        label="Emoji"
        testId="emoji"
        onClick={() => {
          setOpen(!isOpen);
        }}
      />
      {isOpen ? (
        <Palette
          label="Emoji"
          onPick={(emoji) => {
            setOpen(false);
            onPick(emoji);
          }}
        />
      ) : null}
    </span>
  );
}

interface ToolbarProps {
  readonly capabilities: Capabilities;
  readonly onFiles: (files: Iterable<File>) => void;
  readonly onEmoji: (emoji: string) => void;
  readonly onSheet: (sheet: Sheet) => void;
  readonly onRecord: () => void;
}

/** The row of buttons below the text. */
export function Toolbar({ capabilities, onFiles, onEmoji, onSheet, onRecord }: ToolbarProps): ReactNode {
  const { kinds, media } = capabilities;
  return (
    <div className="composer-tools" role="toolbar" aria-label="Add to the message">
      {Object.keys(media).length === 0 ? null : <AttachButton onFiles={onFiles} />}
      <EmojiButton onPick={onEmoji} />
      {media.audio === undefined ? null : (
        <ToolButton icon="audio" label="Record a voice message" testId="record" onClick={onRecord} />
      )}
      {SHEETS.filter(({ kind }) => kinds.includes(kind)).map(({ sheet, icon, label }) => (
        <ToolButton
          key={sheet}
          icon={icon}
          label={label}
          testId={`sheet-${sheet}`}
          onClick={() => {
            onSheet(sheet);
          }}
        />
      ))}
    </div>
  );
}
