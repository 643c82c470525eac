import { cloneElement, useId, type ReactElement, type ReactNode } from 'react';
import type { Failure } from '../api/failure';
import { LocalTimes } from './labels';

interface FieldProps {
  label: string;
  /** The server's name for the field. Messages about it are shown here. */
  name?: string;
  hint?: ReactNode;
  failure?: Failure | null;
  children: ReactElement<{ id?: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }>;
}

/** A control with its label and its hint, or with an error message in place of the hint. */
export function Field({ label, name, hint, failure, children }: FieldProps): ReactNode {
  const id = useId();
  const wrong = name === undefined ? undefined : failure?.of(name);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, {
        id,
        'aria-describedby': `${id}-hint`,
        'aria-invalid': wrong !== undefined || undefined,
      })}
      <p id={`${id}-hint`} className={wrong === undefined ? 'hint' : 'hint wrong'}>
        {wrong === undefined ? hint : <LocalTimes text={wrong} />}
      </p>
    </div>
  );
}
