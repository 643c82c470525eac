import { useEffect, type ReactNode } from 'react';
import { visible } from '../text/visible';

/** The heading of a page with its actions. The heading is also the title of the browser tab. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${visible(title).slice(0, 80)} · Paggio`;
  }, [title]);
  return (
    <header className="page-head">
      <h1>
        <bdi>{visible(title)}</bdi>
      </h1>
      <div className="actions">{children}</div>
    </header>
  );
}
