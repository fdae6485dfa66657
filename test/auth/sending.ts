import type { Send } from '../../src/auth/authenticator.ts';
import type { TransportFailureReason } from '../../src/failure.ts';
import { hideSecrets } from '../../src/redact.ts';
import type { Answer, NoAnswer, Reply } from '../../src/transport/reply.ts';

/** A cluster that answers with one after the other, the last one for good, and the headers that it was sent. */
export function sending(...answers: readonly Reply[]): {
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

export function answered(status: number, answer: Partial<Answer> = {}): Answer {
  return {
    kind: 'answer',
    url: new URL('http://cluster.test/v1/topology'),
    status,
    contentType: '',
    wwwAuthenticate: '',
    location: '',
    retryAfter: '',
    body: '',
    isUtf8: true,
    masked: (text) => hideSecrets(text, []),
    ...answer,
  };
}

export const refusedConnection: Reply = notAnswered('connect');

/** No answer, for that reason. */
export function notAnswered(reason: TransportFailureReason): NoAnswer {
  const url = new URL('http://cluster.test/v1/topology');
  return {
    kind: 'no_answer',
    url,
    problem: { kind: 'unanswered', reason, code: '', cause: `what ${reason} is`, isPastDeadline: reason === 'timeout' },
  };
}
