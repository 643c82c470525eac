import { Eye, EyeOff } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Copy } from './copy';

/** A secret that is masked until the person asks to see it. It is only in the page's memory. */
export function Secret({ secret, what }: { secret: string; what: string }): ReactNode {
  const [shown, setShown] = useState(false);
  return (
    <p className="secret">
      <code className="data">{shown ? secret : `${secret.slice(0, 6)}${'•'.repeat(16)}`}</code>
      <button
        type="button"
        className="icon"
        aria-label={shown ? `Hide ${what}` : `Show ${what}`}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
      >
        {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
      </button>
      <Copy text={secret} what={what} />
    </p>
  );
}
