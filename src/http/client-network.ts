import { isIPv4 } from 'node:net';

/** The network that counts as one client: an IPv4 address, or the /64 of an IPv6 address, all of which one host can use. */
export function clientNetwork(address = ''): string {
  const [withoutZone = ''] = address.split('%');
  const mapped = withoutZone.replace(/^::ffff:/i, '');
  if (isIPv4(mapped)) return mapped;
  const [left = '', right = ''] = withoutZone.split('::');
  const before = groupsOf(left);
  const after = groupsOf(right);
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}

function groupsOf(part: string): readonly string[] {
  return part === '' ? [] : part.split(':');
}
