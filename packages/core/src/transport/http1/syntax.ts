/** A token (RFC 9110, 5.6.2), such as a method or the name of a header. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What no header value may contain (RFC 9110, 5.5). */
export const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;
