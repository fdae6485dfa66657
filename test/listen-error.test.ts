import { describe, expect, it } from 'vitest';
import { ListenError } from '../src/exporter.ts';

function messageOf(code: string, host?: string): string {
  const cause = Object.assign(new Error(`listen ${code}: what Node.js says`), { code });
  return new ListenError([{ address: { ...(host !== undefined && { host }), port: 80 }, cause }]).message;
}

describe('a listen error', () => {
  it.each([
    ['EADDRINUSE', 'in use', 'another port'],
    ['EACCES', 'this user may not', 'from 1024 on'],
    ['EPERM', 'forbids', 'allow it'],
    ['EADDRNOTAVAIL', 'no network interface', 'one that it has'],
    ['ENOTFOUND', 'host name is not known', 'correct it'],
    ['EAI_AGAIN', 'cannot be looked up', 'IP address'],
    ['EAFNOSUPPORT', 'no IPv6', 'IPv4'],
    ['EINVAL', 'not complete', '%eth0'],
  ])('with code %s names cause and remedy', (code, reason, remedy) => {
    const message = messageOf(code, 'gateway');
    expect(message).toMatch(`cannot listen on gateway:80 (--web.listen-address), ${code}: `);
    for (const part of [reason, remedy]) expect(message).toContain(part);
    expect(message.includes('in use')).toBe(code === 'EADDRINUSE');
  });

  it('with an unknown code contains the message of the system', () => {
    expect(messageOf('ENOBUFS')).toBe(
      'cannot listen on :80 (--web.listen-address), ENOBUFS: listen ENOBUFS: what Node.js says',
    );
  });

  it('names an IPv6 address in brackets, as it is configured', () => {
    expect(messageOf('EADDRINUSE', '::1')).toContain('cannot listen on [::1]:80 ');
  });
});
