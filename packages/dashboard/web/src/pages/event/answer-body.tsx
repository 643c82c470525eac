import { useMemo, useState, type ReactNode } from 'react';
import { BodyView, type BodyMode } from '../../parts/body-view';
import { fromBase64 } from '../../text/body-text';

export interface AnswerBody {
  response_body: string | null;
  response_body_base64?: string;
}

/** The bytes of a response body, at most 64 KiB; null if there was no response. */
export function toBytesOf({ response_body: text, response_body_base64: base64 }: AnswerBody): Uint8Array | null {
  if (text !== null) return new TextEncoder().encode(text);
  return base64 === undefined ? null : fromBase64(base64);
}

export function AnswerBodyView({ answer, truncated = false }: { answer: AnswerBody; truncated?: boolean }): ReactNode {
  const [mode, setMode] = useState<BodyMode>('formatted');
  const bytes = useMemo(() => toBytesOf(answer), [answer]);
  if (!bytes) return <p className="state">No response body.</p>;
  return (
    <>
      <BodyView bytes={bytes} what="the response" mode={mode} onMode={setMode} />
      {truncated && <p className="note">Only the first 64 KiB of the response were kept.</p>}
    </>
  );
}
