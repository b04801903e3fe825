/** A round mark with initials; colleagues carry a dot for their presence. */
import type { ReactNode } from 'react';
import type { PresenceState } from '../../../src/contract/entities.ts';
import { hueOf, initialsOf } from './format.ts';

interface AvatarProps {
  readonly name: string;
  readonly seed: string;
  readonly size?: 'small' | 'medium' | 'large';
  readonly presence?: PresenceState | undefined;
}

/** Decorative: the name stands beside it or in the tooltip of its parent. */
export function Avatar({ name, seed, size = 'medium', presence }: AvatarProps): ReactNode {
  return (
    <span className={`avatar avatar-${size}`} data-hue={hueOf(seed)} aria-hidden="true">
      {initialsOf(name)}
      {presence === undefined ? null : <span className="presence-dot" data-state={presence} />}
    </span>
  );
}
