/** Whether the whole value matches a pattern, in which `*` stands for any characters. */
export function isMatch(value: string, pattern: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`, 's').test(value);
}
