import { Controller, Get } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Throttle } from '@nestjs/throttler';
import { Test } from '@nestjs/testing';
import { announceThrottles } from './throttled-routes';

describe('@Throttle()', () => {
  it.each([
    [
      'a policy that nobody has defined',
      { nonsense: {} },
      'WrongRoutes.wrong is throttled by "nonsense", which no defineRatePolicy() defines.',
    ],
    [
      'other numbers for a policy',
      { login: { limit: 5, ttl: 1_000 } },
      'WrongRoutes.wrong throttles "login" with its own numbers. A policy has the same numbers for all its routes: define another policy, or use @Throttle({ login: {} }).',
    ],
  ])('is refused with %s', async (_, throttles, sentence) => {
    @Controller('wrong')
    class WrongRoutes {
      @Get()
      @Throttle(throttles)
      wrong(): object {
        return {};
      }
    }
    const testing = await Test.createTestingModule({ controllers: [WrongRoutes] }).compile();
    expect(() => announceThrottles(testing.get(ModulesContainer))).toThrow(sentence);
  });
});
