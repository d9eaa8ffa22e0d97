import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ThrottlerStorage, SkipThrottle, Throttle } from '@nestjs/throttler';
import { contexts } from '@rookery/contexts';
import { signUp } from '@rookery/contexts/identity/testing';
import type { Person } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { patientRedis } from '@rookery/testing/patient-redis';
import { defineRatePolicy, Explain, Public, RateLimit, RequirePermission } from '..';

const twice = defineRatePolicy('throttler-twice', { quota: '2/86400', per: ['ip'], doc: 'For this suite.' });
const byUser = defineRatePolicy('throttler-user', {
  quota: '2/86400',
  per: ['account'],
  doc: 'For this suite.',
});

@ApiTags('Operations')
@Throttle({ 'throttler-twice': {} })
@ApiTags('throttled')
@Controller('throttled')
class ThrottledRoutes {
  @Get('by-class')
  @Public()
  @Explain({ operationId: 'throttledByClass', summary: 'By class' })
  byClass(): object {
    return {};
  }

  @Get('skipped')
  @Public()
  @SkipThrottle({ default: true, 'throttler-twice': true })
  @Explain({ operationId: 'throttledSkipped', summary: 'Skipped' })
  skipped(): object {
    return {};
  }

  @Get('without-default')
  @Public()
  @SkipThrottle()
  @Explain({ operationId: 'throttledWithoutDefault', summary: 'Without default' })
  withoutDefault(): object {
    return {};
  }

  @Post('forbidden')
  @SkipThrottle({ 'throttler-twice': true })
  @RateLimit(byUser)
  @RequirePermission('posts:update:any')
  @Explain({ operationId: 'throttledForbidden', summary: 'Forbidden' })
  forbidden(): object {
    return {};
  }
}

describe('@nestjs/throttler', () => {
  patientRedis();
  const system = ownSystem(
    [
      ...contexts,
      contextOf('throttled', {
        controllers: [ThrottledRoutes],
        permissions: { admin: ['throttler:never'] }, // declared, and in no database
      }),
    ],
    { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_DEFAULT: '100000/100000' },
  );
  let ada: Person;

  beforeAll(async () => {
    ada = await signUp(system);
  });

  async function ask(path: string, remoteAddress: string) {
    const { statusCode, headers } = await system.api.inject({ url: `/v1/throttled/${path}`, remoteAddress });
    return { status: statusCode, names: String(headers.ratelimit).match(/"[a-z-]+"/g) };
  }

  it('puts a route under a policy by @Throttle(), also of its class', async () => {
    const answers = [];
    for (let index = 0; index < 3; index += 1) answers.push(await ask('by-class', '192.0.2.1'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[0]!.names).toEqual(['"default"', `"${twice.name}"`]);
  });

  it('exempts a route from policies by @SkipThrottle()', async () => {
    for (let index = 0; index < 4; index += 1)
      expect(await ask('skipped', '192.0.2.2')).toEqual({ status: 200, names: null });
    expect((await ask('without-default', '192.0.2.2')).names).toEqual([`"${twice.name}"`]);
  });

  it('counts a request before permissions are looked at', async () => {
    const statuses = [];
    for (let index = 0; index < 3; index += 1) {
      const headers = { authorization: `Bearer ${ada.token}` };
      const answer = await system.api.inject({ method: 'POST', url: '/v1/throttled/forbidden', headers });
      statuses.push(answer.statusCode);
    }
    expect(statuses).toEqual([403, 403, 429]);
  });

  it('has a storage that admits exactly the tokens of a bucket, for guards of other libraries', async () => {
    const storage = system.api.get<ThrottlerStorage>(ThrottlerStorage, { strict: false });
    const take = () => storage.increment('somebody', 86_400_000, 10, 0, 'of-others');
    const records = await Promise.all(Array.from({ length: 30 }, take));
    expect(records.filter(({ isBlocked }) => !isBlocked).map(({ totalHits }) => totalHits)).toEqual(
      Array.from({ length: 10 }, (_, index) => index + 1),
    );
    expect(await take()).toMatchObject({ isBlocked: true, totalHits: 11 });
    expect((await take()).timeToBlockExpire).toBeGreaterThan(8_000);
  });
});
