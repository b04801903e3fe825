/** A round avatar with initials; colleagues have a presence dot. */
import type { ReactNode } from 'react';
import type { PresenceState } from '../../../src/contract/entities.ts';
import { hueOf, initialsOf } from './format.ts';

interface AvatarProps {
  readonly name: string;
  readonly seed: string;
  readonly size?: 'small' | 'medium' | 'large';
  readonly presence?: PresenceState | undefined;
}

/** Decorative: the name is next to it or in the tooltip of its parent. */
export function Avatar({ name, seed, size = 'medium', presence }: AvatarProps): ReactNode {
  return (
    <span className={`avatar avatar-${size}`} data-hue={hueOf(seed)} aria-hidden="true">
      {initialsOf(name)}
      {presence === undefined ? null : <span className="presence-dot" data-state={presence} />}
    </span>
  );
}
