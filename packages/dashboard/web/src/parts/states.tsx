import { RotateCw } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { type Failure } from '../api/failure';
import { LocalTimes } from './labels';
import { toShown } from './use-action';

/** Shown while something loads. After three seconds it adds that the server is slow. */
export function Loading({ what }: { what: string }): ReactNode {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 3_000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="state" role="status">
      Loading {what}…{slow && ' The server is taking longer than usual.'}
    </p>
  );
}

/** Shown in place of something that could not be loaded. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  const { message, hint } = toShown(error);
  return (
    <div className="state problem" role="alert">
      <p>
        <strong>
          <LocalTimes text={message} />.
        </strong>{' '}
        <LocalTimes text={hint} />
      </p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          <RotateCw aria-hidden /> Try again
        </button>
      )}
    </div>
  );
}

/** Shown next to a form or button whose action failed. */
export function FailureNote({ failure }: { failure: Failure | null }): ReactNode {
  if (!failure) return null;
  return (
    <p className="failure" role="alert">
      <strong>
        <LocalTimes text={failure.message} />.
      </strong>{' '}
      <LocalTimes text={failure.hint} />
    </p>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <div className="state empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Shows the data of a query, or else its error or progress. Old data stays visible while new data loads. */
export function Loaded<T>({
  query,
  what,
  children,
}: {
  query: Asked<T>;
  what: string;
  children: (data: T) => ReactNode;
}): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading what={what} />;
}
