// A fixed seed makes the runs in CI reproducible. Elsewhere every run tries other values, and fast-check prints the seed
// of a failure. fast-check is loaded here only if there is a seed to set.
if (process.env.CI) {
  const { configureGlobal } = await import('fast-check');
  configureGlobal({ seed: 20_261_124 });
}
