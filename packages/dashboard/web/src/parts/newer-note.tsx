import type { ReactNode } from 'react';
import { Data } from './labels';
import type { Editing } from './use-editing';

/** Warns that someone else saved first, and offers the choices. */
export function NewerNote({ changes, takeNewer }: Pick<Editing<unknown, object>, 'changes' | 'takeNewer'>): ReactNode {
  if (changes === null) return null;
  return (
    <div className="failure stack" role="alert">
      <p>
        <strong>Someone else has changed this since you opened it, so nothing was saved.</strong> Your changes are still
        in the form. Save again to apply them.
      </p>
      {changes.length === 0 ? (
        <p>Nothing on this page has changed. The change is to a secret, or to a setting on another page.</p>
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
          Discard my changes
        </button>
      </div>
    </div>
  );
}
