/** Previews of the chosen files, above the text field. */
import type { ReactNode } from 'react';
import { FileChip } from './file-chip.tsx';
import type { Tray } from './use-tray.ts';

/** Renders nothing while no file is chosen. */
export function TrayView({ tray }: { readonly tray: Tray }): ReactNode {
  if (tray.fitted.length + tray.refused.length === 0) return null;
  return (
    <ul className="tray" aria-label="Files to send" data-testid="tray">
      {tray.fitted.map(({ file, kind, note }, index) => (
        <li key={index}>
          <FileChip file={file} fit={{ ok: true, kind, note }} onRemove={tray.remove} />
        </li>
      ))}
      {tray.refused.map(({ file, reason }, index) => (
        <li key={`refused-${String(index)}`}>
          <FileChip file={file} fit={{ ok: false, reason }} onRemove={tray.remove} />
        </li>
      ))}
    </ul>
  );
}
