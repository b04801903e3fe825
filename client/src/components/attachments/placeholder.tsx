/** Shown in place of an attachment that cannot be shown yet, or at all. */
import type { ReactNode } from 'react';
import type { Media, MessageKind } from '../../../../src/contract/message.ts';
import { shownName, sizeOf } from '../format.ts';
import { Icon, type IconName } from '../icons.tsx';
import { kindWords } from '../summary.ts';

const ICONS: Partial<Record<MessageKind, IconName>> = {
  image: 'image',
  sticker: 'smile',
  video: 'video',
  audio: 'audio',
};

/** The icon of a file of this kind. */
export const iconOf = (kind: MessageKind): IconName => ICONS[kind] ?? 'file';

interface PlaceholderProps {
  readonly kind: MessageKind;
  readonly text: string;
  readonly action?: ReactNode;
}

/** An icon, a text and optionally an action. */
export function Placeholder({ kind, text, action }: PlaceholderProps): ReactNode {
  return (
    <div className="media-placeholder">
      <Icon name={iconOf(kind)} size={22} />
      <span>{text}</span>
      {action}
    </div>
  );
}

/** The file name, or else the kind, with the size if known. */
export function describeMedia({ filename, sizeBytes, voice }: Media, kind: MessageKind): string {
  const size = sizeBytes === null ? '' : ` · ${sizeOf(sizeBytes)}`;
  return `${shownName(filename ?? (voice ? 'Voice message' : kindWords(kind)))}${size}`;
}

/** Shown when loading failed, with a button to retry. */
export function NotLoaded({ kind, onRetry }: { readonly kind: MessageKind; readonly onRetry: () => void }): ReactNode {
  return (
    <Placeholder
      kind={kind}
      text="Could not be loaded"
      action={
        <button type="button" className="link" onClick={onRetry}>
          Try again
        </button>
      }
    />
  );
}
