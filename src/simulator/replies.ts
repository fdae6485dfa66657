/** An HTTP response as data, so that the code that chooses it does not depend on sockets. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const reply = (status: number, type: string, body: string, headers: HttpReply['headers'] = {}): HttpReply => ({
  status,
  headers: { 'content-type': type, ...headers },
  body,
});

export const json = (status: number, body: unknown, headers: HttpReply['headers'] = {}): HttpReply =>
  reply(status, 'application/json', JSON.stringify(body), headers);

/** Returns a problem (RFC 9457) in the form in which Spring, and so Camunda, sends it. */
export const problem = (
  status: number,
  title: string,
  detail: string,
  instance: string,
  headers: HttpReply['headers'] = {},
): HttpReply =>
  reply(
    status,
    'application/problem+json',
    JSON.stringify({ type: 'about:blank', title, status, detail, instance }),
    headers,
  );

export const empty = (status: number, headers: HttpReply['headers'] = {}): HttpReply => ({ status, headers, body: '' });

export const html = (status: number, title: string, headers: HttpReply['headers'] = {}): HttpReply =>
  reply(
    status,
    'text/html',
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n` +
      '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
    headers,
  );
