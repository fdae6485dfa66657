import type { TlsConfig } from '../config/config.ts';

/** Whom to trust and who one is, as Node.js takes it; what is not configured is left out. */
export function trustAndIdentity({ ca, cert, key }: TlsConfig): {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
} {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: key.open() }),
  };
}
