import { catalogue } from './catalogue';
import type { HeaderList } from './header-list';
import type { DetectionRule, Provider } from './provider';

interface Candidate {
  provider: Provider;
  rank: number;
  rule: DetectionRule;
}

const byHeader = new Map<string, Candidate[]>();
catalogue.forEach((provider, rank) => {
  for (const rule of provider.spec.detect) {
    const candidates = byHeader.get(rule.header) ?? [];
    candidates.push({ provider, rank, rule });
    byHeader.set(rule.header, candidates);
  }
});

/** The provider whose headers the request carries. That does not prove who sent it. */
export function detect(headers: HeaderList): Provider | undefined {
  let best: Candidate | undefined;
  for (const name of headers.names()) {
    for (const candidate of byHeader.get(name) ?? []) {
      if (best && best.rank <= candidate.rank) continue;
      if (fits(candidate.rule, headers)) best = candidate;
    }
  }
  return best?.provider;
}

function fits({ header, startsWith, also = [] }: DetectionRule, headers: HeaderList): boolean {
  if (startsWith !== undefined && !headers.get(header)?.toLowerCase().startsWith(startsWith)) return false;
  return also.every((other) => (other.startsWith('!') ? !headers.has(other.slice(1)) : headers.has(other)));
}

/** Lower-case headers that are themselves a credential at some provider: tokens, not signatures. */
export const credentialHeaders: ReadonlySet<string> = new Set(
  catalogue.flatMap((provider) => provider.credentials.headers),
);

/** Query parameters that are themselves a credential at some provider. */
export const credentialParameters: ReadonlySet<string> = new Set(
  catalogue.flatMap((provider) => provider.credentials.parameters),
);
