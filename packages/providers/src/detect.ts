import { catalogue } from './catalogue';
import type { HeaderList } from './header-list';
import type { DetectionRule, Provider } from './provider';

interface Candidate {
  provider: Provider;
  rank: number;
  also: readonly string[];
}

const byHeader = new Map<string, Candidate[]>();
catalogue.forEach((provider, rank) => {
  for (const rule of provider.detect as DetectionRule[]) {
    const candidates = byHeader.get(rule.header) ?? [];
    candidates.push({ provider, rank, also: rule.also ?? [] });
    byHeader.set(rule.header, candidates);
  }
});

/** The provider whose headers this request carries. Says nothing about who really sent it. */
export function detect(headers: HeaderList): Provider | undefined {
  let best: Candidate | undefined;
  for (const name of headers.names()) {
    for (const candidate of byHeader.get(name) ?? []) {
      if (best && best.rank <= candidate.rank) continue;
      const fits = candidate.also.every((other) =>
        other.startsWith('!') ? !headers.has(other.slice(1)) : headers.has(other),
      );
      if (fits) best = candidate;
    }
  }
  return best?.provider;
}

const credentials = new Set(
  catalogue.flatMap((provider) => Object.values(provider.schemes).flatMap((scheme) => [...scheme.credentialHeaders])),
);

/** Lower-case headers that are themselves a credential at some provider: tokens, not signatures. */
export const credentialHeaders: ReadonlySet<string> = credentials;
