import { useState, type ReactNode } from 'react';
import { Copy } from '../../parts/copy';
import { Data } from '../../parts/labels';
import { Empty } from '../../parts/states';
import { TableHead } from '../../parts/table-head';

export function HeadersTab({ headers }: { headers: Readonly<Record<string, string | string[]>> }): ReactNode {
  const [text, setText] = useState('');
  const all = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const));
  const wanted = text.toLowerCase();
  const shown = all.filter(([name, value]) => `${name}: ${value}`.toLowerCase().includes(wanted));
  if (all.length === 0) return <Empty title="No headers" />;
  return (
    <>
      <div className="toolbar">
        <input
          type="search"
          aria-label="Filter headers"
          placeholder="Filter headers"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Copy text={all.map(([name, value]) => `${name}: ${value}`).join('\n')} what="the headers" />
      </div>
      <table className="plain">
        <TableHead columns={['Name', 'Value']} />
        <tbody>
          {shown.map(([name, value], index) => (
            <tr key={index}>
              <th scope="row">
                <Data text={name} />
              </th>
              <td>
                {value === '***' ? (
                  <span className="dim" title="Visible only with the admin scope">
                    ***
                  </span>
                ) : (
                  <Data text={value} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <Empty title="No headers match" />}
    </>
  );
}
