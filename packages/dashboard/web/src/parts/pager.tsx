import type { ReactNode } from 'react';

interface PagerProps {
  offset: number;
  size: number;
  hasMore: boolean;
  onOffset: (offset: number) => void;
}

export function Pager({ offset, size, hasMore, onOffset }: PagerProps): ReactNode {
  if (offset === 0 && !hasMore) return null;
  return (
    <div className="actions">
      {offset > 0 && (
        <button type="button" onClick={() => onOffset(offset - size)}>
          Newer
        </button>
      )}
      {hasMore && (
        <button type="button" onClick={() => onOffset(offset + size)}>
          Older
        </button>
      )}
    </div>
  );
}
