import { describe, expect, it, onTestFinished } from 'vitest';
import { createFront } from '../../src/http/app.ts';
import { sendText } from '../../src/http/response.ts';
import { listen } from '../../src/http/server.ts';

async function setUp() {
  const front = createFront();
  const server = await listen(front.handler, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://${server.address}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };
  const open = () => front.open((request, response) => sendText(response, 200, `the application: ${request.url}`));
  return { get, open };
}

describe('before the application is there', () => {
  it('the process is told to live', async () => {
    const { get } = await setUp();
    expect(await get('/-/healthy')).toEqual({ status: 200, text: 'the exporter is running\n' });
  });

  it.each([
    ['GET', '/-/ready'],
    ['GET', '/metrics'],
    ['POST', '/-/healthy'],
  ])('%s %s waits for it', async (method, path) => {
    const { get, open } = await setUp();
    const answer = get(path, method);
    // Answered after it was asked, and so it is on its way.
    await get('/-/healthy');
    open();
    expect(await answer).toEqual({ status: 200, text: `the application: ${path}\n` });
  });
});

it('the application answers everything once it is there', async () => {
  const { get, open } = await setUp();
  open();
  expect((await get('/-/healthy')).text).toBe('the application: /-/healthy\n');
});
