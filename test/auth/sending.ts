import type { Send } from '../../src/auth/authenticator.ts';
import { hideSecrets } from '../../src/redact.ts';
import type { Answer, Sent } from '../../src/zeebe/client.ts';

/** A cluster that answers with one after the other, the last one for good, and the headers that it was sent. */
export function sending(...answers: readonly Sent[]): {
  readonly send: Send;
  readonly sent: readonly Readonly<Record<string, string>>[];
} {
  const sent: Readonly<Record<string, string>>[] = [];
  return {
    sent,
    send: async (headers) => {
      const answer = answers[sent.length] ?? answers.at(-1) ?? refusedConnection;
      sent.push(headers);
      return answer;
    },
  };
}

export function answered(status: number, answer: Partial<Answer> = {}): Sent {
  return {
    kind: 'answer',
    answer: {
      url: new URL('http://cluster.test/v1/topology'),
      status,
      contentType: '',
      wwwAuthenticate: '',
      location: '',
      body: '',
      isUtf8: true,
      hide: (text) => hideSecrets(text, []),
      ...answer,
    },
  };
}

export const refusedConnection: Sent = {
  kind: 'failure',
  failure: { reason: 'connect', message: 'connection refused', remedy: 'start the cluster' },
};
