import type { ReactNode } from 'react';

interface SaveButtonProps {
  /** The values in the form, and below them the stored values. */
  form: unknown;
  stored: unknown;
  pending: boolean;
}

/** The save button of a form that stays open. It is enabled only if there is something to save. */
export function SaveButton({ form, stored, pending }: SaveButtonProps): ReactNode {
  const changed = JSON.stringify(form) !== JSON.stringify(stored);
  return (
    <button type="submit" className="primary" disabled={pending || !changed}>
      {pending ? 'Saving…' : 'Save'}
    </button>
  );
}
