import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useEndpoints } from '../../api/queries';
import { Data } from '../../parts/labels';
import { Empty, Loaded } from '../../parts/states';
import { TableHead } from '../../parts/table-head';

/** The secrets of all endpoints, with links to reveal and rotate them. */
export function SecuritySection(): ReactNode {
  const endpoints = useEndpoints();
  return (
    <Loaded query={endpoints} what="the endpoints">
      {(data) =>
        data.length === 0 ? (
          <Empty title="No endpoints yet" />
        ) : (
          <table className="plain">
            <TableHead columns={['Endpoint', 'Provider', "Provider's secrets", 'Signing secret']} />
            <tbody>
              {data.map(({ id, name, verification }) => (
                <tr key={id}>
                  <th scope="row">
                    <Link href={`/webhooks/${id}`}>
                      <Data text={name} />
                    </Link>
                  </th>
                  <td>
                    {verification ? (
                      <Link href={`/webhooks/${id}?tab=verification`}>
                        <Data text={verification.provider} />
                      </Link>
                    ) : (
                      <Link href={`/webhooks/${id}?tab=verification`}>none: set up verification</Link>
                    )}
                  </td>
                  <td>
                    <Data text={verification?.secrets_last_four.map((four) => `…${four}`).join(', ') || '–'} />
                  </td>
                  <td>
                    <Link href={`/webhooks/${id}?tab=secret`}>Reveal or rotate</Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )
      }
    </Loaded>
  );
}
