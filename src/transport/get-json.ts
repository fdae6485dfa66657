import { secretsInHeader } from '../redact.ts';
import { userAgent } from '../version.ts';
import { maxAnswerBytes } from './dispatcher.ts';
import { type Reply, type RequestOptions, send } from './reply.ts';

export type GetOptions = Pick<RequestOptions, 'url' | 'headers' | 'secrets' | 'dispatcher' | 'transport' | 'signal'>;

/** Requests JSON. No text shows what the headers or `secrets` hold. Never rejects. */
export function getJson({ headers, secrets, ...options }: GetOptions): Promise<Reply> {
  return send({
    ...options,
    method: 'GET',
    headers: { ...ownHeaders, ...headers },
    secrets: [...secrets, ...Object.values(headers).flatMap(secretsInHeader)],
    maxBytes: maxAnswerBytes,
  });
}

const ownHeaders = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': userAgent };
