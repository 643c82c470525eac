import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { PageHead } from '../parts/page-head';

export function NoSuchPage(): ReactNode {
  return (
    <>
      <PageHead title="Page not found" />
      <p>
        <Link href="/">Go to the overview</Link>
      </p>
    </>
  );
}
