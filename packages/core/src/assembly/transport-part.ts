import { AddressGuard } from '../transport/address-guard';
import { axiosTransport } from '../transport/axios-transport';
import { Connector } from '../transport/connector';
import { EgressProxy } from '../transport/egress-proxy';
import { isUndiciPackage, noTransport, noUndici } from '../transport/own-undici';
import { socketTransport } from '../transport/socket-transport';
import { TlsTrust } from '../transport/tls-trust';
import type { Transport } from '../transport/transport';
import { undiciTransport } from '../transport/undici-transport';
import { PublishedKeys } from '../verification/published-keys';
import type { ResolvedOptions } from '../options';
import type { Context } from './context';
import type { TestingHooks } from './testing-hooks';

/** Everything that leaves this process goes through this part. */
export interface TransportPart {
  readonly guard: AddressGuard;
  readonly transport: Transport;
  readonly publishedKeys: PublishedKeys;
}

/** @throws PaggioError `BAD_REQUEST` when this process is to deliver and cannot: nothing may be acknowledged then */
export function assembleTransport({ options, telemetry }: Context, hooks: TestingHooks): TransportPart {
  const { allowedNetworks, allowedPorts, nat64Prefixes } = options;
  const guard = new AddressGuard(
    allowedNetworks,
    hooks.resolve,
    allowedPorts,
    (blocked) => telemetry.emit({ type: 'address.blocked', ...blocked }),
    nat64Prefixes,
  );
  const { egressProxy, egressProxyTarget, certificateAuthorities } = options;
  const trust = new TlsTrust(certificateAuthorities);
  const proxy = egressProxy === null ? null : new EgressProxy(egressProxy, egressProxyTarget, trust);
  const real = realTransport(options, new Connector(guard, trust, proxy));
  const transport = hooks.transport?.(real) ?? real;
  return { guard, transport, publishedKeys: new PublishedKeys(transport) };
}

function realTransport({ roles, transport }: ResolvedOptions, connector: Connector): Transport {
  if (transport === 'sockets') return socketTransport(connector);
  if (transport !== 'undici') return axiosTransport(transport.axios, connector);
  if (isUndiciPackage()) return undiciTransport(connector);
  if (roles.has('deliver')) throw noUndici();
  return noTransport;
}
