import type { Audit } from '../audit/audit';
import { PaggioError } from '../errors';
import { hasScope, type Actor, type Scope } from '../principal';

/** Refuses operations that an actor lacks the scope for, and records the refusal in the audit log. */
export class Authority {
  constructor(private readonly audit: Pick<Audit, 'deny'>) {}

  /**
   * @param operation the operation, as the audit log names it
   * @param because why this request needs the scope, if the operation by itself does not need it
   * @throws PaggioError `FORBIDDEN` that names the scope
   */
  require(actor: Actor, scope: Scope, operation: string, because?: { message: string; hint: string }): void {
    if (hasScope(actor, scope)) return;
    this.audit.deny(actor, operation, scope);
    throw new PaggioError('FORBIDDEN', because?.message ?? `This API key lacks the scope "${scope}"`, {
      hint: because?.hint ?? hints[scope] ?? 'Use a key that has it; keys with the scope admin can create one.',
    });
  }
}

const hints: Readonly<Partial<Record<Scope, string>>> = {
  resign: 'Use a key with the scope resign or admin; keys with the scope admin can create one.',
  operator:
    'Use a live key with the scope operator. The key of the first run has it and can create others with it. If Paggio is part of an app, the app decides who has this scope.',
};
