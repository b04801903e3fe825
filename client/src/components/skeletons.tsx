/** Grey placeholders for content that is loading. */
import type { ReactNode } from 'react';

const rows = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** The list before its first page. */
export function ListSkeleton(): ReactNode {
  return (
    <div className="skeleton-list" role="status" aria-label="Loading conversations">
      {rows(9).map((row) => (
        <div key={row} className="skeleton-row">
          <span className="skeleton skeleton-avatar" />
          <span className="skeleton-lines">
            <span className="skeleton" />
            <span className="skeleton skeleton-short" />
          </span>
        </div>
      ))}
    </div>
  );
}

/** The timeline before its first page. */
export function TimelineSkeleton(): ReactNode {
  return (
    <div className="skeleton-timeline" role="status" aria-label="Loading messages">
      {rows(6).map((row) => (
        <span key={row} className="skeleton skeleton-bubble" data-side={row % 3 === 1 ? 'right' : 'left'} />
      ))}
    </div>
  );
}
