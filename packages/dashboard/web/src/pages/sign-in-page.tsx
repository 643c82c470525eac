import { useEffect, useState, type ReactNode } from 'react';
import { queries } from '../api/queries';
import { signIn } from '../api/session';
import { ActionForm } from '../parts/action-form';
import { Field } from '../parts/field';
import { FailureNote } from '../parts/states';
import { useAction } from '../parts/use-action';

export function SignInPage(): ReactNode {
  const [key, setKey] = useState('');
  const usedLink = new URLSearchParams(location.search).get('link') === 'used';
  const action = useAction(async () => {
    await signIn(key);
    setKey('');
    await queries.resetQueries({ queryKey: ['session'] });
  });
  useEffect(() => {
    document.title = 'Sign in · Paggio';
  }, []);
  return (
    <main className="sign-in">
      <ActionForm action={action}>
        <h1>Sign in to Paggio</h1>
        {usedLink && <p role="note">This link has already been used, or it has expired.</p>}
        <p>Open the link that the server printed when it started, or enter an API key.</p>
        <Field label="API key" hint="It starts with pk_live_ or pk_test_. You get the permissions of this key.">
          <input
            type="password"
            value={key}
            autoComplete="off"
            spellCheck={false}
            required
            autoFocus
            onChange={(event) => setKey(event.target.value)}
          />
        </Field>
        <FailureNote failure={action.failure} />
        <button type="submit" className="primary" disabled={action.pending}>
          {action.pending ? 'Signing in…' : 'Sign in'}
        </button>
      </ActionForm>
    </main>
  );
}
