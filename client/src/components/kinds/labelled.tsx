/** A part of a message under a small heading with an icon. */
import type { ReactNode } from 'react';
import { Icon, type IconName } from '../icons.tsx';

interface LabelledProps {
  readonly icon: IconName;
  readonly label: string;
  readonly children?: ReactNode;
}

/** The heading with the content below it. */
export function Labelled({ icon, label, children }: LabelledProps): ReactNode {
  return (
    <div className="content-card">
      <div className="content-label">
        <Icon name={icon} size={15} />
        {label}
      </div>
      {children}
    </div>
  );
}
