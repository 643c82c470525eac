import type { TransportError } from './transport';

/** Error codes of Paggio by those of Node and of the clients. Codes of alerts are as `withoutVersion` returns them. */
const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  ETIMEDOUT: 'connect_timeout',
  EHOSTUNREACH: 'host_unreachable',
  ENETUNREACH: 'host_unreachable',
  UND_ERR_HEADERS_OVERFLOW: 'response_headers_too_large',
  HPE_HEADER_OVERFLOW: 'response_headers_too_large',
  UND_ERR_INVALID_ARG: 'request_not_sendable',
  ERR_INVALID_CHAR: 'request_not_sendable',
  ERR_INVALID_HTTP_TOKEN: 'request_not_sendable',
  ERR_UNESCAPED_CHARACTERS: 'request_not_sendable',
  CERT_HAS_EXPIRED: 'tls_certificate_expired',
  CERT_NOT_YET_VALID: 'tls_certificate_expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_self_signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_wrong_host',
  ERR_SSL_ALERT_PROTOCOL_VERSION: 'tls_protocol',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls_protocol',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls_protocol',
  ERR_SSL_ALERT_CERTIFICATE_REQUIRED: 'tls_client_certificate',
  ERR_SSL_ALERT_BAD_CERTIFICATE: 'tls_client_certificate',
  ERR_SSL_ALERT_CERTIFICATE_UNKNOWN: 'tls_client_certificate',
  ERR_SSL_ALERT_CERTIFICATE_EXPIRED: 'tls_client_certificate',
  ERR_SSL_ALERT_UNKNOWN_CA: 'tls_client_certificate',
  ERR_SSL_ALERT_ACCESS_DENIED: 'tls_client_certificate',
};

const AUTHORITY_ADVICE =
  'the certificate is not signed by a trusted authority; the operator can add a private authority (PAGGIO_CA_FILE, option certificateAuthorities, or NODE_EXTRA_CA_CERTS)';

/** Advice about failures of TLS. */
const tlsAdvice: Readonly<Record<string, string>> = {
  tls_untrusted: AUTHORITY_ADVICE,
  tls_self_signed: AUTHORITY_ADVICE,
  tls_client_certificate:
    'the destination demands a client certificate, or does not accept the one shown (tls of the destination)',
};

/** Before TLS 1.3 this alert also means that a client certificate is missing. */
const HANDSHAKE_FAILURE = 'ERR_SSL_ALERT_HANDSHAKE_FAILURE';
const HANDSHAKE_ADVICE =
  'the destination shares no TLS version or cipher with this client, or it demands a client certificate';

type CodedError = Error & { code?: string; errors?: CodedError[] };

/**
 * Leaves out the version of the protocol in which an alert first appeared, because it is not part of the alert and differs
 * with the OpenSSL of Node: `ERR_SSL_SSLV3_ALERT_X` of Node 20 is `ERR_SSL_SSL/TLS_ALERT_X` in Node 22 and later.
 */
function withoutVersion(code: string): string {
  return code.replace(/^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_ALERT_/, 'ERR_SSL_ALERT_');
}

/** Translates the errors of all clients into one set of codes. */
export function toTransportError(error: CodedError): TransportError {
  // If several addresses were dialled, the first failure represents all of them.
  const inner = error.errors?.[0];
  const code = error.code ?? inner?.code ?? '';
  const message = error.message || inner?.message || code;
  const plain = withoutVersion(code);
  const known = codes[plain];
  if (known?.startsWith('tls_')) {
    const advice = tlsAdvice[known];
    return { code: known, message: `TLS failed (${code})${advice ? `: ${advice}` : ''}` };
  }
  if (known) return { code: known, message };
  if (plain === HANDSHAKE_FAILURE) return { code: 'tls_failed', message: `TLS failed (${code}): ${HANDSHAKE_ADVICE}` };
  if (/^(CERT_|ERR_TLS|ERR_SSL|EPROTO)/.test(code)) return { code: 'tls_failed', message: `TLS failed (${code})` };
  if (error.name === 'HTTPParserError' || code.startsWith('HPE_')) {
    return { code: 'invalid_response', message: `the answer is not valid HTTP (${code || error.message})` };
  }
  return { code: /^[a-z_]+$/.test(code) ? code : 'network_error', message };
}
