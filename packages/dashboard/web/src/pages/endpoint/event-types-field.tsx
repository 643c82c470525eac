import type { ReactNode } from 'react';
import type { Failure } from '../../api/failure';
import { useProviders } from '../../api/queries';
import { Field } from '../../parts/field';
import { Data } from '../../parts/labels';
import { toWords } from '../../text/header-lines';
import { findSlips } from '../../text/slips';

interface EventTypesFieldProps {
  value: string;
  onChange: (value: string) => void;
  failure: Failure | null;
  hint: string;
  /** The endpoint's provider. Null if the endpoint does not verify its senders: then no types are known. */
  provider: string | null;
}

/**
 * A filter of event types. It warns about a type that differs little from a known one, because a misspelt filter
 * delivers nothing. The filter can be saved anyway: only the provider knows all of its types.
 */
export function EventTypesField({ value, onChange, failure, hint, provider }: EventTypesFieldProps): ReactNode {
  const known = useProviders().find(({ name }) => name === provider)?.sample_event_types ?? [];
  const slips = findSlips(toWords(value), known);
  const note = (
    <>
      {hint}
      {slips.map(({ written, meant }) => (
        <strong key={written}>
          {' '}
          <Data text={written} /> is not a known <Data text={provider ?? ''} /> event type. Did you mean{' '}
          <Data text={meant} />?
        </strong>
      ))}
    </>
  );
  return (
    <Field label="Event types" name="event_types" failure={failure} hint={note}>
      <input className="data" value={value} spellCheck={false} onChange={(event) => onChange(event.target.value)} />
    </Field>
  );
}
