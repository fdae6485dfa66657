/** In milliseconds. Camunda documents the rate and the delay, but not how long an address is blocked. */
export interface ThrottleOptions {
  /** The minimum time between two token requests from one address. */
  readonly interval: number;
  /** How long all requests of an address get a 429 after one that came too soon. */
  readonly blockFor: number;
  /** How long a repeated 401 for the same credentials is delayed. */
  readonly tarPit: number;
}

export const saasThrottle: ThrottleOptions = { interval: 1_000, blockFor: 30_000, tarPit: 30_000 };

export interface Throttle {
  /** Returns whether a request from that address is admitted. Rejected requests count too. */
  readonly admits: (address: string, now: number) => boolean;
  /** Returns the delay of a 401 for these credentials: 0 for the first one. */
  readonly delayOfRefusal: (credentials: string) => number;
}

/** Limits token requests as SaaS does: about one per second and source address, with delayed 401s for bad secrets. */
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
