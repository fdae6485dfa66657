/** The API states times and durations in seconds. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

export function optionalSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : seconds(milliseconds);
}
