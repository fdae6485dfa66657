export interface BasicCredentials {
  readonly username: string;
  /** As it came, in whatever encoding. */
  readonly password: Buffer;
}

/** RFC 7617, 2: the first colon ends the user name. Undefined where there are none. */
export function basicCredentials(authorization: string | undefined): BasicCredentials | undefined {
  const [, encoded] = /^Basic +([a-z\d+/]+={0,2}) *$/i.exec(authorization ?? '') ?? [];
  const decoded = Buffer.from(encoded ?? '', 'base64');
  const colon = decoded.indexOf(':');
  if (colon < 0) return undefined;
  return { username: decoded.toString('utf8', 0, colon), password: decoded.subarray(colon + 1) };
}
