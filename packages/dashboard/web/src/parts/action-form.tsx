import type { ReactNode } from 'react';
import type { Action } from './use-action';

/** A form that runs an action when it is submitted. */
export function ActionForm({
  action,
  className = 'stack',
  children,
}: {
  action: Pick<Action<[]>, 'run'>;
  className?: string;
  children: ReactNode;
}): ReactNode {
  return (
    <form
      className={className}
      onSubmit={(event) => {
        event.preventDefault();
        void action.run();
      }}
    >
      {children}
    </form>
  );
}

interface DialogActionsProps {
  onClose: () => void;
  /** The text of the submit button. */
  label: string;
  pending: boolean;
  disabled?: boolean;
}

/** The buttons at the end of a form in a dialog. */
export function DialogActions({ onClose, label, pending, disabled = false }: DialogActionsProps): ReactNode {
  return (
    <div className="actions">
      <button type="button" onClick={onClose}>
        Cancel
      </button>
      <button type="submit" className="primary" disabled={pending || disabled}>
        {pending ? 'Working…' : label}
      </button>
    </div>
  );
}
