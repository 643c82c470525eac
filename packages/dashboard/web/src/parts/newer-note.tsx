import type { ReactNode } from 'react';
import { Data } from './labels';
import type { Editing } from './use-editing';

/** Tells a person that somebody else was faster, and what to do. */
export function NewerNote({ changes, takeNewer }: Pick<Editing<unknown, object>, 'changes' | 'takeNewer'>): ReactNode {
  if (changes === null) return null;
  return (
    <div className="failure stack" role="alert">
      <p>
        <strong>Somebody else has changed this since you opened it, so nothing was saved.</strong> What you typed is
        still in the form; save again to apply it.
      </p>
      {changes.length === 0 ? (
        <p>Everything that is shown here is as it was. A secret, or a setting on another page, is not.</p>
      ) : (
        <ul>
          {changes.map(({ label, before, now }) => (
            <li key={label}>
              {label}: now <Data text={now === '' ? 'empty' : now} />, before{' '}
              <Data text={before === '' ? 'empty' : before} />
            </li>
          ))}
        </ul>
      )}
      <div className="actions">
        <button type="button" onClick={takeNewer}>
          Discard what I typed
        </button>
      </div>
    </div>
  );
}
