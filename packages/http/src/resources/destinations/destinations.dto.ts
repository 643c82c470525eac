import { fields, rules } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Also, given } from '../../dto/forms';
import { Nested } from '../../dto/nested';
import { Rule } from '../../dto/rule';
import { URL_FORM, urlInput } from '../../dto/url';
import { retryInput } from '../retry-policy/retry-policy.dto';
import { HEADERS_FORM, headersInput } from '../shared/custom-headers';

export const EVENT_TYPES = 'Event types to accept: exact, or a prefix that ends with .* An empty list accepts all.';

@Also({ anyOf: [given('certificate', 'private_key'), given('certificate_authorities')] })
export class DestinationTlsDto {
  @Doc('The client certificate in PEM, followed by its intermediate certificates. Needs private_key.')
  @Rule(fields.destinationTls.certificate)
  certificate?: string | null;

  @Doc(
    'The private key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it.',
  )
  @Rule(fields.destinationTls.privateKey)
  private_key?: string | null;

  @Doc('Certificate authorities in PEM to trust for this destination, in addition to the default ones.')
  @Rule(fields.destinationTls.certificateAuthorities)
  certificate_authorities?: string | null;
}

export class DestinationSettingsDto {
  @Doc('Default: "default" for the first destination, otherwise the host of the URL.')
  @Rule(fields.destination.name)
  name?: string;

  @Doc(EVENT_TYPES) @Rule(fields.destination.eventTypes) event_types?: string[];

  @Doc(`Headers in addition to those of the endpoint. They are encrypted at rest. ${HEADERS_FORM}`, headersInput)
  @Rule(fields.destination.headers)
  headers_json?: Record<string, string>;

  @Doc(
    'Client certificate and additional certificate authorities. A value replaces all of them, null removes them, and without this member they stay. The URL must be https.',
  )
  @Nested(() => DestinationTlsDto, rules.optional(rules.nullable(rules.object)))
  tls?: DestinationTlsDto | null;

  @Doc("Null: the endpoint's.")
  @Rule(fields.destination.timeoutSeconds)
  timeout_seconds?: number | null;

  @Doc("Null: the endpoint's.", retryInput)
  @Rule(fields.destination.retry)
  retry?: object | null;

  @Doc('PAUSED holds the deliveries of this destination. ACTIVE resumes them.')
  @Rule(fields.destination.status)
  status?: 'ACTIVE' | 'PAUSED';
}

export class DestinationCreateDto extends DestinationSettingsDto {
  @Doc(URL_FORM, urlInput)
  @Rule(fields.destination.url)
  url!: string;
}

export class DestinationUpdateDto extends DestinationSettingsDto {
  @Doc(URL_FORM, urlInput)
  @Rule(rules.optional(fields.destination.url))
  url?: string;
}

/** An entry of an endpoint's `destinations`. With an id, it is an existing destination. */
@Also({ anyOf: [{ required: ['id'] }, { required: ['url'] }] })
export class DestinationItemDto extends DestinationUpdateDto {
  @Doc('Id of an existing destination. Without an id, a new destination is created.')
  @Rule(fields.destination.id)
  id?: string;
}
