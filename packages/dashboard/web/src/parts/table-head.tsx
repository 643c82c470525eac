import type { ReactNode } from 'react';

/** Names of columns. One in brackets is for those who hear the table only. */
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
