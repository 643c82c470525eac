/** For operations that can change which hosts receive events. */
export const GUARDED =
  'Some providers send the secret itself (a token instead of a signature). For their endpoints, a destination on a new host or a change of the verification also needs the scope `resign` or `admin`, or a PATCH of the endpoint that contains all current secrets.';
