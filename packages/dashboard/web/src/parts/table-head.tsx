import type { ReactNode } from 'react';

/** The names of the columns. A name in brackets is only for screen readers. */
export function TableHead({ columns }: { columns: readonly string[] }): ReactNode {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col">
            {column.startsWith('(') ? <span className="hidden">{column.slice(1, -1)}</span> : column}
          </th>
        ))}
      </tr>
    </thead>
  );
}
