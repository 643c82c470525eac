import type { RejectionItem } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { apiPath, call, request } from '../../api/call';
import { mountPath } from '../../mount';
import { BodyView, type BodyMode } from '../../parts/body-view';
import { Dialog } from '../../parts/dialog';
import { Data, Time } from '../../parts/labels';
import { Empty, Loaded } from '../../parts/states';
import { TableHead } from '../../parts/table-head';
import { VerificationFacts } from '../../parts/verification-facts';
import { toBytes } from '../../text/units';
import { HeadersTab } from '../event/headers-tab';

/** The requests that failed verification, with the reasons. */
export function RejectionsTab({ endpointId, verified }: { endpointId: string; verified: boolean }): ReactNode {
  const [open, setOpen] = useState<RejectionItem | null>(null);
  const query = useQuery({
    queryKey: ['rejections', endpointId],
    queryFn: ({ signal }) => call('rejections.list', { query: { endpoint_id: endpointId, limit: 100 }, signal }),
    refetchInterval: 10_000,
  });
  return (
    <Loaded query={query} what="the rejected requests">
      {({ data }) =>
        data.length === 0 ? (
          <Empty
            title={verified ? 'No rejected requests' : 'Nothing is rejected: this endpoint does not verify its senders'}
          >
            <p className="dim">
              Paggio keeps rejected requests for seven days: at most the newest 100 of an endpoint, and at most 16 MiB
              of their bodies.
            </p>
          </Empty>
        ) : (
          <>
            <table className="plain">
              <TableHead columns={['Time', 'Reason', 'Request', 'From', 'Size']} />
              <tbody>
                {data.map((rejection) => (
                  <tr key={rejection.id}>
                    <td>
                      <Time at={rejection.received_at} />
                    </td>
                    <td>
                      <button type="button" className="link" onClick={() => setOpen(rejection)}>
                        {rejection.reason}
                      </button>
                    </td>
                    <td>
                      {rejection.method} <Data text={rejection.path} />
                    </td>
                    <td>
                      <Data text={rejection.remote_addr ?? '–'} />
                    </td>
                    <td>
                      {toBytes(rejection.size)}
                      {rejection.body_truncated && ', truncated'}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            {open && <RejectionDialog id={open.id} onClose={() => setOpen(null)} />}
          </>
        )
      }
    </Loaded>
  );
}

function RejectionDialog({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const [mode, setMode] = useState<BodyMode>('formatted');
  const params = { id };
  const rejection = useQuery({
    queryKey: ['rejection', id],
    queryFn: ({ signal }) => call('rejections.get', { params, signal }),
  });
  const why = useQuery({
    queryKey: ['rejection-why', id],
    queryFn: ({ signal }) => call('rejections.verification', { params, signal }),
  });
  const raw = apiPath('rejections.raw', params);
  const body = useQuery({
    queryKey: ['rejection-body', id],
    queryFn: async ({ signal }) => new Uint8Array(await (await request('GET', raw, { signal })).arrayBuffer()),
    gcTime: 30_000,
  });
  return (
    <Dialog title="Rejected request" onClose={onClose} wide>
      <Loaded query={why} what="the reason">
        {(data) => <VerificationFacts verification={data} />}
      </Loaded>
      <h3>Body</h3>
      {rejection.data?.body_truncated && (
        <p className="dim">Only the beginning of this body of {toBytes(rejection.data.size)} was kept.</p>
      )}
      <Loaded query={body} what="the body">
        {(bytes) => (
          <BodyView bytes={bytes} what="the body" mode={mode} onMode={setMode}>
            <a className="button" href={mountPath + raw} download={id}>
              <Download aria-hidden /> Download
            </a>
          </BodyView>
        )}
      </Loaded>
      <h3>Headers</h3>
      <Loaded query={rejection} what="the headers">
        {({ headers }) => <HeadersTab headers={headers} />}
      </Loaded>
    </Dialog>
  );
}
