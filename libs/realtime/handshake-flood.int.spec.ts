import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { eventually } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { patientRedis } from '@rookery/testing/patient-redis';
import { askedDuring } from '@rookery/testing/statements';
import { Connections } from './connections';

const ADMITTED = 30;
const CONCURRENCY = 50;
/** Bytes that are left of a handshake that was refused; an open connection takes more than ten times as much. */
const MAX_LEFT_BYTES = 1_000;

describe('Handshakes without end from one address', () => {
  patientRedis();
  const system = ownSystem(contexts, {
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: '100000/100000',
    RATE_LIMIT_REALTIME_CONNECT: `${ADMITTED}/86400`,
    REALTIME_MAX_PER_USER: '1000',
  });

  /** @returns the status line of the answer to a handshake; who is admitted leaves at once */
  const handshake = (token: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(system.addresses.apiUrl).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => {
        answer += data.toString();
        if (answer.includes('\r\n\r\n')) socket.destroy();
      });
      socket.on('close', () => resolve(answer.slice(0, answer.indexOf('\r\n'))));
      socket.on('error', reject);
      socket.write(
        [
          'GET /v1/ws HTTP/1.1',
          'Host: x',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          `Authorization: Bearer ${token}`,
          '\r\n',
        ].join('\r\n'),
      );
    });

  /** @returns how many handshakes got which answer */
  async function flood(count: number, token: string): Promise<Record<string, number>> {
    const answers: Record<string, number> = {};
    let left = count;
    const client = async () => {
      while ((left -= 1) >= 0) {
        const line = await handshake(token);
        answers[line] = (answers[line] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, client));
    return answers;
  }

  /** @returns bytes that are in use after everything that is not was collected */
  function used(): number {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }

  it('are refused beyond the limit, without asking PostgreSQL, and leave nothing in memory', async () => {
    const ada = await enroll(system);
    const refused = 'HTTP/1.1 429 Too Many Requests';
    expect(await flood(1_000, ada.token)).toEqual({
      'HTTP/1.1 101 Switching Protocols': ADMITTED,
      [refused]: 1_000 - ADMITTED,
    });
    await eventually(() => system.inApi(Connections).count('websocket') === 0);
    const before = used();
    const count = 3_000;
    const asked = await askedDuring(system, async () =>
      expect(await flood(count, ada.token)).toEqual({ [refused]: count }),
    );
    // What the api does by itself meanwhile is no more than a few statements.
    expect(asked.postgres.flat().length).toBeLessThan(count / 100);
    expect(asked.redis.length).toBeLessThanOrEqual(count * 1.1);
    await eventually(() => expect(used() - before).toBeLessThan(count * MAX_LEFT_BYTES));
    expect(system.inApi(Connections).count('websocket')).toBe(0);
  }, 480_000);
});
