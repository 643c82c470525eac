import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { PageHead } from '../parts/page-head';

export function NoSuchPage(): ReactNode {
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        <Link href="/">Overview</Link>
      </p>
    </>
  );
}
