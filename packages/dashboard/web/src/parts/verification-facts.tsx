import type { EventVerification, RejectionVerification } from '@paggio/client';
import type { ReactNode } from 'react';
import { visible } from '../text/visible';
import { Data, LocalTimes } from './labels';

type Verification = EventVerification | RejectionVerification;

/** Explains why a request passed or failed verification, and how to fix a failure. */
export function VerificationFacts({ verification }: { verification: Verification }): ReactNode {
  const { status, provider, reason, explanation, matches, hints, body_authenticated: authenticated } = verification;
  return (
    <div className="stack">
      <p>
        <span className={`pill ${status}`}>{status}</span> {provider !== null && <Data text={provider} />}{' '}
        {reason !== null && <code className="data">{visible(reason)}</code>}
      </p>
      <p>
        <LocalTimes text={visible(explanation)} />
      </p>
      {status === 'verified' && !authenticated && (
        <p className="note">The signature does not cover the body, because this provider does not sign it.</p>
      )}
      <Findings title="What would have matched" findings={matches} />
      <Findings title="Hints" findings={hints} />
    </div>
  );
}

function Findings({ title, findings }: { title: string; findings: Verification['matches'] }): ReactNode {
  if (findings.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {findings.map(({ cause, message, fix }) => (
          <li key={cause + message}>
            <LocalTimes text={visible(message)} />{' '}
            <strong>
              <LocalTimes text={visible(fix)} />
            </strong>
          </li>
        ))}
      </ul>
    </section>
  );
}
