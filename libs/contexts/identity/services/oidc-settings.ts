import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a URL is safe to read from: https, or plain http on this machine.
 *
 * @param text text that should be a URL
 */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}

/** OpenID Connect Discovery §3: neither query nor fragment. */
const issuerUrl = z
  .string()
  .refine(
    (text) => isSafeUrl(text) && !/[?#]/.test(text),
    'an issuer is an https:// URL without query and fragment',
  );

const claim = z.string().min(1).max(200);
const audience = z.string().min(1).max(500);
const scope = z
  .string()
  .max(200)
  .regex(/^[!#-[\]-~]+$/, 'a scope is one word (RFC 6749 §3.3)');

const issuerSchema = z.strictObject({
  issuer: issuerUrl,
  audience: z.union([audience, z.array(audience).min(1).max(20)]),
  scope: z.union([scope, z.array(scope).min(1).max(20)]).optional(),
  claims: z
    .strictObject({
      username: claim.default('preferred_username'),
      name: claim.default('name'),
      email: claim.default('email'),
      emailVerified: claim.default('email_verified'),
    })
    .prefault({}),
  roles: z
    .strictObject({ claim, map: z.record(z.string().min(1), z.enum(['user', 'moderator', 'admin'])) })
    .optional(),
});

/** An OpenID Connect provider whose tokens are accepted. */
export type OidcIssuer = z.output<typeof issuerSchema>;

const issuers = z.string().transform((text, context): OidcIssuer[] => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'it is not JSON' });
    return z.NEVER;
  }
  const result = z.array(issuerSchema).max(20).safeParse(json);
  if (!result.success) {
    for (const { path, message } of result.error.issues) {
      context.addIssue({ code: 'custom', message: `at /${path.join('/')}: ${message}` });
    }
    return z.NEVER;
  }
  const names = result.data.map(({ issuer }) => issuer);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) context.addIssue({ code: 'custom', message: `${twice} occurs twice` });
  return result.data;
});

/** Issuers whose tokens are accepted in addition to our own. */
export class OidcSettings extends defineSettings('External identities', {
  issuers: setting('OIDC_ISSUERS', issuers, {
    doc: 'OpenID Connect providers whose tokens are accepted, as JSON: [{"issuer":"https://id.example","audience":"https://api.example","scope":"rookery","claims":{"email":"email","emailVerified":"email_verified","name":"name","username":"preferred_username"},"roles":{"claim":"roles","map":{"staff":"moderator"}}}]. claims, roles and scope are optional; a token without the scope, or without all scopes of a list, is rejected; a claim that starts with / is a JSON pointer, such as /realm_access/roles. None by default.',
    default: '[]',
  }),
}) {}
