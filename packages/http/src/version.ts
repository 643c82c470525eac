/** The version of this package, which all of Paggio's packages share. A constant, because a bundle has no `package.json`. */
export const version = '0.1.0';
