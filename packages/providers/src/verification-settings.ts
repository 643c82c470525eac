/**
 * Settings of a verification by name, such as `{ tolerance_seconds: 600 }`. The page of a provider lists its own, and
 * `custom` has those that describe how requests are signed. They are named as in JSON and at the providers.
 */
export type VerificationSettings = Readonly<Record<string, string | number | boolean | null | undefined>>;
