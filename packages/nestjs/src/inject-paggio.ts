import { Inject } from '@nestjs/common';
import { checkInput, rules, type Arguments, type Principal } from '@paggio/core';
import { getPaggioToken, getSignInLinkToken } from './paggio.tokens';

/**
 * Makes a link that signs in to the dashboard once, within an hour.
 * @returns its path and query; null when the dashboard is not served
 */
export type SignInLink = (principal: Principal) => Promise<string | null>;

const decoratorArguments: Arguments = [['name', rules.text(1, 100)]];

/**
 * Injects an instance of `Paggio` into a parameter of a constructor or into a property.
 * @param name the name of the instance, as it was given to `PaggioModule`
 * @throws PaggioError `VALIDATION_FAILED` for a name that is not a text of 1 to 100 characters
 * @example
 * class Invoices {
 *   constructor(@InjectPaggio('billing') private readonly billing: Paggio) {}
 * }
 */
export function InjectPaggio(name = 'default'): PropertyDecorator & ParameterDecorator {
  checkInput(decoratorArguments, [name]);
  return Inject(getPaggioToken(name));
}

/**
 * Injects the function that makes sign-in links of an instance's dashboard: a {@link SignInLink}.
 * @param name the name of the instance, as it was given to `PaggioModule`
 * @throws PaggioError `VALIDATION_FAILED` for a name that is not a text of 1 to 100 characters
 * @example
 * class Links {
 *   constructor(@InjectSignInLink() private readonly signInLink: SignInLink) {}
 * }
 */
export function InjectSignInLink(name = 'default'): PropertyDecorator & ParameterDecorator {
  checkInput(decoratorArguments, [name]);
  return Inject(getSignInLinkToken(name));
}
