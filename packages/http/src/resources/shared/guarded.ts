/** For operations that can change which hosts receive events. */
export const GUARDED =
  "Where requests carry the provider's secret itself (a token and no signature), a destination at a further host, and a change of the verification, need the scope `resign` or `admin`, or all present secrets in the same PATCH of the endpoint.";
