/**
 * The injection token of an instance, for what takes no decorator: `inject` of a factory, `app.get`, and `overrideProvider` in
 * tests. The default instance also has the class `Paggio` as a token.
 * @param name of the instance, as it was given to `PaggioModule`
 */
export function getPaggioToken(name = 'default'): symbol {
  return Symbol.for(`paggio:${name}`);
}

/**
 * The injection token of an instance's {@link SignInLink}, for what takes no decorator.
 * @param name of the instance, as it was given to `PaggioModule`
 */
export function getSignInLinkToken(name = 'default'): symbol {
  return Symbol.for(`paggio:${name}:sign-in-link`);
}
