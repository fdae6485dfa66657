const pattern = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const second = 1000;
const day = 24 * 60 * 60 * second;
const unitsOfPattern = [365 * day, 7 * day, day, day / 24, 60 * second, second, 1];

/**
 * Milliseconds of a duration as Prometheus writes it: `15s`, `1m30s`, `0`.
 * Each unit at most once, from the largest to the smallest (prometheus/common, model.ParseDuration).
 */
export function duration(raw: string): number {
  if (raw === '0') {
    return 0;
  }
  const amounts = pattern.exec(raw)?.slice(1);
  if (raw === '' || amounts === undefined) {
    throw new Error('a duration such as 15s or 1m30s');
  }
  return unitsOfPattern.reduce((sum, unit, index) => sum + unit * Number(amounts[index] ?? 0), 0);
}

export function pollInterval(raw: string): number {
  const milliseconds = duration(raw);
  if (milliseconds < second || milliseconds > day) {
    throw new Error('a duration from 1s to 24h');
  }
  return milliseconds;
}

export function pollTimeout(raw: string): number {
  const milliseconds = duration(raw);
  if (milliseconds === 0) {
    throw new Error('a duration above 0');
  }
  return milliseconds;
}
