import { describe, expect, it } from 'vitest';
import { problemText } from '../../src/transport/problem-details.ts';

const textOf = (body: string, contentType = 'application/problem+json') => problemText({ contentType, body });

describe('the text of an error', () => {
  it('is the title and the detail of problem details', () => {
    const problem = { type: 'about:blank', title: 'RESOURCE_EXHAUSTED', status: 503, detail: 'Too many requests.' };
    expect(textOf(JSON.stringify(problem))).toBe('RESOURCE_EXHAUSTED: Too many requests.');
    expect(textOf(JSON.stringify(problem), 'Application/Problem+JSON;charset=UTF-8')).toMatch(/^RESOURCE_EXHAUSTED: /);
  });

  it('is the member that is there, if the other one is missing, empty or no text', () => {
    expect(textOf('{"title":"Unauthorized"}')).toBe('Unauthorized');
    expect(textOf('{"title":"","detail":"no such path"}')).toBe('no such path');
    expect(textOf('{"title":404,"detail":"no such path"}')).toBe('no such path');
  });

  it.each(['{"status":503}', '{"title":"cut off', '[]', 'null', '"text"', ''])('is the whole body for %s', (body) => {
    expect(textOf(body)).toBe(body);
  });

  it('is the whole body for any other content type', () => {
    const body = '{"title":"Unauthorized"}';
    for (const contentType of ['application/json', 'text/html', 'application/problem+jsonx', '']) {
      expect(textOf(body, contentType)).toBe(body);
    }
  });
});
