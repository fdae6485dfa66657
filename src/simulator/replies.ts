/** An HTTP answer as a value: what decides it knows no sockets. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const reply = (status: number, type: string, body: string, headers: Reply['headers'] = {}): Reply => ({
  status,
  headers: { 'content-type': type, ...headers },
  body,
});

export const json = (status: number, body: unknown, headers: Reply['headers'] = {}): Reply =>
  reply(status, 'application/json', JSON.stringify(body), headers);

/** Spring's RFC 9457 problem, as Camunda sends it. */
export const problem = (
  status: number,
  title: string,
  detail: string,
  instance: string,
  headers: Reply['headers'] = {},
): Reply =>
  reply(
    status,
    'application/problem+json',
    JSON.stringify({ type: 'about:blank', title, status, detail, instance }),
    headers,
  );

export const empty = (status: number, headers: Reply['headers'] = {}): Reply => ({ status, headers, body: '' });

export const html = (status: number, title: string, headers: Reply['headers'] = {}): Reply =>
  reply(
    status,
    'text/html',
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n` +
      '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
    headers,
  );
