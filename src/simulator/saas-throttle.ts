/** Milliseconds. Camunda names the rate and the delay; how long a block lasts it does not say. */
export interface ThrottleOptions {
  /** The least time between two token requests from one address. */
  readonly interval: number;
  /** How long all of an address's requests get a 429 after one that came too soon. */
  readonly blockFor: number;
  /** How long a repeated 401 for the same credentials is held back. */
  readonly tarPit: number;
}

export const saasThrottle: ThrottleOptions = { interval: 1_000, blockFor: 30_000, tarPit: 30_000 };

interface Throttle {
  /** Whether a request from that address is let in; those that are not count too. */
  readonly admits: (address: string, now: number) => boolean;
  /** How long to hold a refusal of these credentials back: the first one not at all. */
  readonly delayOfRefusal: (credentials: string) => number;
}

/** SaaS's limits on its token endpoint: about a request a second per source address, and a tar pit for bad secrets. */
export function createThrottle({ interval, blockFor, tarPit }: ThrottleOptions): Throttle {
  const lastRequest = new Map<string, number>();
  const blockedUntil = new Map<string, number>();
  const refused = new Set<string>();
  return {
    admits(address, now) {
      if (now < (blockedUntil.get(address) ?? Number.NEGATIVE_INFINITY)) return false;
      const tooSoon = now - (lastRequest.get(address) ?? Number.NEGATIVE_INFINITY) < interval;
      lastRequest.set(address, now);
      if (tooSoon) blockedUntil.set(address, now + blockFor);
      return !tooSoon;
    },
    delayOfRefusal(credentials) {
      const delay = refused.has(credentials) ? tarPit : 0;
      refused.add(credentials);
      return delay;
    },
  };
}
