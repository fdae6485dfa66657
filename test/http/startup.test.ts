import { describe, expect, it, onTestFinished } from 'vitest';
import { createStartupHandler } from '../../src/http/app.ts';
import { sendText } from '../../src/http/response.ts';
import { listen } from '../../src/http/server.ts';

async function setUp() {
  const startup = createStartupHandler();
  const server = await listen(startup.handler, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://${server.address}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };
  const handOver = () => startup.handOverTo((request, response) => sendText(response, 200, `the app: ${request.url}`));
  return { get, handOver };
}

describe('while the exporter starts', () => {
  it('GET /-/healthy is answered', async () => {
    const { get } = await setUp();
    expect(await get('/-/healthy')).toEqual({ status: 200, text: 'the exporter is running\n' });
  });

  it.each([
    ['GET', '/-/ready'],
    ['GET', '/metrics'],
    ['POST', '/-/healthy'],
  ])('%s %s waits for the app', async (method, path) => {
    const { get, handOver } = await setUp();
    const answer = get(path, method);
    // This response comes after the request above has arrived.
    await get('/-/healthy');
    handOver();
    expect(await answer).toEqual({ status: 200, text: `the app: ${path}\n` });
  });
});

it('after the start, the app answers GET /-/healthy too', async () => {
  const { get, handOver } = await setUp();
  handOver();
  expect((await get('/-/healthy')).text).toBe('the app: /-/healthy\n');
});
