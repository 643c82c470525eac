import type { ReactNode } from 'react';

interface SaveButtonProps {
  /** What the form shows, and what is stored. */
  form: unknown;
  stored: unknown;
  pending: boolean;
}

/** Of a form that stays: it says whether there is something to save. */
export function SaveButton({ form, stored, pending }: SaveButtonProps): ReactNode {
  const changed = JSON.stringify(form) !== JSON.stringify(stored);
  return (
    <button type="submit" className="primary" disabled={pending || !changed}>
      {pending ? 'Saving …' : 'Save'}
    </button>
  );
}
