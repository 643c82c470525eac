/** The path to a value in JSON: names of members, and positions in lists. */
export type Path = readonly (string | number)[];
