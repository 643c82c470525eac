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
        {usedLink && <p role="note">This link was used already, or has expired.</p>}
        <p>With the link that the server printed when it started, or with an API key.</p>
        <Field label="API key" hint="pk_live_… or pk_test_…: it sees what this key may see.">
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
          {action.pending ? 'Signing in …' : 'Sign in'}
        </button>
      </ActionForm>
    </main>
  );
}
