import { useCallback, useEffect, useRef, useState } from 'react';
import { Failure } from '../api/failure';

export interface Action<Arguments extends unknown[]> {
  run: (...given: Arguments) => Promise<void>;
  pending: boolean;
  failure: Failure | null;
  reset: () => void;
}

/** Runs a request to the server on a press. A second press while the request is in flight does nothing. */
export function useAction<Arguments extends unknown[]>(
  action: (...given: Arguments) => Promise<unknown>,
): Action<Arguments> {
  const busy = useRef(false);
  const latest = useRef(action);
  useEffect(() => {
    latest.current = action;
  });
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const run = useCallback(async (...given: Arguments): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    setFailure(null);
    try {
      await latest.current(...given);
    } catch (error) {
      setFailure(toShown(error));
    } finally {
      busy.current = false;
      setPending(false);
    }
  }, []);
  const reset = useCallback(() => setFailure(null), []);
  return { run, pending, failure, reset };
}

export function toShown(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure('Something went wrong on this page', null, 'PAGE', message);
}
