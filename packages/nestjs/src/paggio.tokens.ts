/**
 * The injection token of an instance, for places without a decorator: `inject` of a factory, `app.get`, and
 * `overrideProvider` in tests. The default instance also has the class `Paggio` as a token.
 * @param name the name of the instance, as it was given to `PaggioModule`
 */
export function getPaggioToken(name = 'default'): symbol {
  return Symbol.for(`paggio:${name}`);
}

/**
 * The injection token of an instance's {@link SignInLink}, for places without a decorator.
 * @param name the name of the instance, as it was given to `PaggioModule`
 */
export function getSignInLinkToken(name = 'default'): symbol {
  return Symbol.for(`paggio:${name}:sign-in-link`);
}
