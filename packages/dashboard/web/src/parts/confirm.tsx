import { useId, useState, type ReactNode } from 'react';
import { Dialog } from './dialog';
import { FailureNote } from './states';
import { useAction } from './use-action';

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** The text that the person must type: a name or the exact count. */
  word: string;
  /** The text of the submit button. */
  label: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks for confirmation of an action that cannot be undone. */
export function Confirm({ title, children, word, label, onConfirm, onClose }: ConfirmProps): ReactNode {
  const [typed, setTyped] = useState('');
  const input = useId();
  const action = useAction(async () => {
    await onConfirm();
    onClose();
  });
  const ready = typed.trim() === word && !action.pending;
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void action.run();
        }}
      >
        {children}
        <label htmlFor={input}>
          Type <code className="data">{word}</code> to confirm
        </label>
        <input
          id={input}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
        />
        <FailureNote failure={action.failure} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Go back
          </button>
          <button type="submit" className="danger" disabled={!ready}>
            {action.pending ? 'Working…' : label}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
