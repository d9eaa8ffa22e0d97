export {
  authenticateBearer,
  type BearerRequest,
  OutlivesSession,
  permissionsOf,
  PermissionToManageAny,
  Public,
  RequirePermission,
} from './access';
export { BasicAuthGuard, Operators, OperatorsOnly } from './basic-auth';
export { Cacheable } from './caching';
export { type Caller, CurrentCaller } from './caller';
export { hostCookie, readCookie } from './cookies';
export { DebugVarsRoute } from './debug-vars';
export { Deprecated, type Deprecation } from './deprecation';
export { Drain } from './drain';
export { IfMatch, requireIfMatch, Versioned } from './etag';
export { type Answer, Explain, type Explanation, LongLived } from './explain';
export { isUuid } from './field-types';
export { Field, type FieldContext, Item, violationsOf } from './fields';
export { Fresh, SessionOnly } from './fresh';
export { HealthModule } from './health';
export { escapeHtml, type HtmlPage, sendPage } from './html-page';
export { MetricsServer } from './metrics-server';
export { NeverStored } from './idempotency/never-stored';
export { MaxMembers, mediaTypeOf, StreamedTextBody, streamedText, TextBody } from './json-body';
export { LimitsModule } from './limits.module';
export { LimitsUpkeepModule } from './limits-upkeep.module';
export { type ApiDescription, buildOpenApi, serveOpenApi } from './openapi';
export { trustedOrigins } from './origins';
export {
  BY_ID,
  BY_TIME,
  type CursorPart,
  type Keyset,
  ListOf,
  ListQuery,
  type Page,
  paged,
  pagedScan,
  pagedVisible,
  type Scanned,
} from './paging';
export { SecretParam, UuidParam } from './params';
export { type Problem, PROBLEM_JSON, problemOf, type RefusalOptions, RequestRefused } from './problem';
export { sendProblem } from './problem-filter';
export { problemOfError } from './problem-of-error';
export { definedProblems, problemByCode, type ProblemDefinition, Problems, withStatus } from './problems';
export { clientNetwork, plainAddress } from './rate-limits/client-network';
export { type Client, KnownClients } from './rate-limits/known-clients';
export { fixResponses } from './fixed-responses';
export { defineRatePolicy, RateLimit, RatePolicies, type RatePolicy } from './rate-limits/policies';
export { MAX_ERRORS } from './request-values';
export { reasonOf, refuseToStart, runUntilSignal } from './run';
export { ExactlyOneOf } from './schemas';
export { ProbeSettings, WebSettings } from './settings';
export { readFields, refused } from './validation';
export { createWebApp, type WebAppOptions } from './web-app';
export { WebModule } from './web.module';
