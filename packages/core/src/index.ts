export { parseTime, TIME_FORM } from './input/time';
export { durationText, parseDuration, DURATION_FORM, type Duration, type DurationUnit } from './input/duration';
export { checkBodyEncoding } from './input/body-encoding';
export { checkIngestHead } from './capture/signed-ingest';
export { hasNoBody } from './endpoints/answer-type';
export { causes, HeaderList, JsonWalk, memberSources, type Explanation, type JsonToken } from '@paggio/providers';
export type { Gauges, Readiness } from './assembly/process-status';
export {
  auditActions,
  type AuditAction,
  type AuditEntry,
  type AuditFilter,
  type AuditRecord,
} from './audit/audit-entry';
export type { Authority } from './keys/authority';
export type { CaptureAnswer, CaptureSink } from './capture/capture';
export type { Credentials } from './events/credentials';
export type { CaptureRequest } from './capture/new-event';
export type { Findings } from './rejections/rejection';
export type { AxiosLike } from './transport/axios-transport';
export {
  defaultRetryPolicy,
  retryPresets,
  type BackoffPolicy,
  type RetryInput,
  type RetryPolicy,
  type RetryPreset,
  type RetryPresetInput,
  type SchedulePolicy,
} from './endpoints/retry-policy';
export type {
  AcknowledgementSetting,
  Circuit,
  Destination,
  DestinationInput,
  Endpoint,
  EndpointChange,
  EndpointInput,
  VerificationInput,
  VerificationView,
} from './endpoints/endpoint';
export type { CertificateFacts, DestinationTls, DestinationTlsInput } from './endpoints/destination-tls';
export type { EndpointConfig } from './endpoints/endpoint-config';
export type { Health } from './endpoints/health';
export { errorTable, fieldNames, invalid, notFound, PaggioError, type ErrorCode, type ErrorDetail } from './errors';
export { parseId, type IdKind } from './event-id';
export { didYouMean, type VerificationSettings } from '@paggio/providers';
export { describeFault, toFault, type FaultDescription } from './telemetry/fault';
export type { EventFeed, FeedMessage } from './feed/event-feed';
export {
  eventStatuses,
  statusReasons,
  type Attempt,
  type EventContent,
  type EventDetail,
  type EventFilter,
  type EventStatus,
  type EventSummary,
  type ReplayAim,
  type StatusReason,
} from './events/event';
export { PermanentFailure, RetryLater } from './handlers/failures';
export type {
  EventSource,
  EventTypeOf,
  Handler,
  HandlerContext,
  HandlerOptions,
  HandlerTransaction,
  HandlerTypes,
  PayloadOf,
  WebhookEvents,
} from './handlers/handler';
export type { HandlerSummary } from './handlers/handler-summary';
export type { WebhookEvent } from './handlers/webhook-event';
export { createKeyText, keyMode } from './keys/key-text';
export { rateHeaders, rateLimited, RateLimiter, type RateLimit, type RateVerdict } from './keys/rate-limiter';
export { unauthorized, type ApiKey, type KeyInput } from './keys/keys';
export {
  isGuessableKey,
  masterKeyId,
  masterKeyOf,
  readMasterKeys,
  type MasterKeyNames,
  type MasterKeys,
} from './secrets/master-key';
export { MasterKeyFiles } from './secrets/master-key-files';
export { databaseUrlProblem, type HostDataSource, type HostPool } from './storage/database-option';
export { ingestUrlProblem, type PaggioOptions } from './options';
export { roles, type Role } from './roles';
export { isNetwork, networkList } from './transport/network-list';
export { egressProxyProblem, type EgressProxyTarget } from './transport/egress-proxy';
export { certificatesIn } from './transport/tls-trust';
export { isNat64Prefix } from './transport/special-addresses';
export type { Sent } from './notifications/channel-sender';
export {
  channels,
  FAILING_MINUTES,
  triggers,
  type Channel,
  type ChannelInput,
  type ChannelSettings,
  type NotificationSettings,
  type StoredNotifications,
  type NotificationsInput,
  type Trigger,
} from './notifications/notification';
export { fields } from './rules/fields';
export { check as checkInput, problemsOf, type Arguments } from './input/check';
export { operations } from './rules/operations';
export * as rules from './input/shape';
export type { RuleSchema, Shape } from './input/shape';
export { networkOf } from './transport/network';
export { TOTAL_LIMIT, type Page, type Paging } from './page';
export type { PaggioAdmin } from './assembly/admin';
export type { PaggioHost } from './assembly/host';
export { createPaggio, Paggio } from './paggio';
export type { PublicAddress } from './public-address';
export { hasScope, scopes, type Actor, type Mode, type Owner, type Principal, type Scope } from './principal';
export { providers, type ProviderSummary } from './verification/providers';
export type { OwnEvent } from './publish/own-event';
export type { PublishedDelivery, PublishInput } from './publish/publishing';
export { printable, redact } from './telemetry/redact';
export type { RejectionDetail, RejectionSummary } from './rejections/rejection-summary';
export { RecentMap } from './flow/recent-map';
export type { BulkReplay, BulkReplayInput } from './replay/bulk-replay';
export { environments, type Environment } from './endpoints/environment';
export type { ReplayedAttempt, ReplayOptions, ReplayResult, ReplayTarget } from './replay/replays';
export { checkPrecondition, revisionOf, type Precondition } from './endpoints/revision';
export { intervalScheduler, withoutOverlap, type Scheduler } from './flow/scheduler';
export type { Session, SessionSummary, SignInRequest } from './sessions/session';
export type { Sessions } from './sessions/sessions';
export type { Stats, StatsInput } from './stats/stats';
export {
  rotateMasterKey,
  type RotationOptions,
  type RotationProgress,
  type RotationResult,
} from './rotation/master-key-rotation';
export { databaseUnavailable } from './storage/sql-errors';
export { migrate, migrationSql, type MigrationSqlOptions } from './storage/migration-sql';
export type { Transaction } from './storage/statements';
export type { TransactionalDataSource, TransactionalPool } from './storage/transaction-source';
export type { AttemptFinished, TelemetryEvent, TelemetryEventType, TelemetryListener } from './telemetry/telemetry';
