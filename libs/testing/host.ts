import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { contexts } from '@rookery/contexts';
import { createWebApp } from '@rookery/web';
import { createApi } from '../../apps/api/src/api';
import { WorkerModule } from '../../apps/worker/src/worker.module';
import { callFixture } from './fixtures';

/** Api and worker in one process, and the fixtures of their contexts over HTTP; reports their addresses over IPC. */
async function host(): Promise<void> {
  const api = await createApi(contexts);
  await api.listen(0, '127.0.0.1');
  const worker = await createWebApp(WorkerModule.of(contexts));
  await worker.listen(0, '127.0.0.1');
  const fixtures = createServer((request, response) => {
    text(request)
      .then((args) => callFixture(contexts, api, request.url!.slice(1), JSON.parse(args) as object))
      .then((result) => response.end(JSON.stringify(result ?? null)))
      .catch((error: Error) => response.writeHead(500).end(error.stack));
  });
  await new Promise<void>((done) => fixtures.listen(0, '127.0.0.1', done));
  process.send!({
    apiUrl: await api.getUrl(),
    workerUrl: await worker.getUrl(),
    fixturesUrl: `http://127.0.0.1:${(fixtures.address() as AddressInfo).port}`,
  });
}

process.once('disconnect', () => process.exit(0));
host().catch((error: Error) => {
  console.error(error);
  process.exit(1);
});
