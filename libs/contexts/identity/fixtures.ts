import type { INestApplicationContext, Type } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { JwtService } from '@nestjs/jwt';
import { Transaction } from '@rookery/persistence';
import { AccessTokens } from './services/access-tokens';
import { ApiKeys } from './services/api-keys';
import { StoredKnownClients } from './services/known-clients';
import { SessionCache } from './services/session-cache';
import { SignIn } from './services/sign-in';
import { SigningKeys } from './services/signing-keys';
import { User } from './model/user';
import { Sessions } from './storage/sessions';
import { Users } from './storage/users';

/** Creates an active account with a role and signs it in, without mail and code; it has no usable password. */
export function enroll(
  app: INestApplicationContext,
  { role, ...names }: { role: string; email: string; username: string; name: string },
): Promise<{ id: string; token: string }> {
  const get = of(app);
  return get(Transaction).run(async () => {
    const user = User.enroll({ ...names, passwordHash: '-' }, role, get(Clock).now());
    await get(Users).save(user);
    const { answer } = await get(SignIn).start(user, { ip: '127.0.0.1', userAgent: 'test' }, false);
    return { id: user.id, token: answer.accessToken };
  });
}

/** @returns an access token of a session as it is now in the database */
export async function issueToken(
  app: INestApplicationContext,
  { sessionId }: { sessionId: string },
): Promise<string> {
  const session = await of(app)(Sessions).alive(sessionId);
  return of(app)(AccessTokens).issue(session!);
}

/** Lets an app read a session from the database at its next use. */
export async function forgetSession(
  app: INestApplicationContext,
  { sessionId }: { sessionId: string },
): Promise<void> {
  of(app)(SessionCache).forget(sessionId);
}

/** @returns a JWT with these claims, signed with the present key, whatever the claims say */
export async function signToken(
  app: INestApplicationContext,
  { claims, typ }: { claims: object; typ: string },
): Promise<string> {
  const { kid, privateKey } = await of(app)(SigningKeys).signing();
  return of(app)(JwtService).sign(claims, {
    privateKey,
    algorithm: 'ES256',
    header: { alg: 'ES256', typ, kid },
  });
}

/** @returns what an API key may do; null when it is no good */
export async function permissionsOfKey(
  app: INestApplicationContext,
  { key }: { key: string },
): Promise<string[] | null> {
  const caller = await of(app)(ApiKeys).authenticate(key);
  return caller ? [...caller.permissions] : null;
}

/** @returns whether somebody has signed in to an account from the network of an address */
export async function isKnownNetwork(
  app: INestApplicationContext,
  { email, ip }: { email: string; ip: string },
): Promise<boolean> {
  return (await of(app)(StoredKnownClients).shareOf(email, { ip })) !== undefined;
}

function of(app: INestApplicationContext) {
  return <T>(type: Type<T>): T => app.get(type, { strict: false });
}
