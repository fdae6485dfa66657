import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { AuthenticationConfig, Config } from '../../../src/config/config.ts';
import { Secret } from '../../../src/secret.ts';
import { fastStory } from '../../../src/simulator/fast-story.ts';
import { type RunningStory, type StoryCredentials, startStory } from '../../../src/simulator/story.ts';
import { wallClock } from '../../../src/simulator/wall-clock.ts';
import { clusterConfig } from '../../polls.ts';
import { startExporter } from '../../start-exporter.ts';
import { useBrowser } from './browser.ts';

const open = useBrowser();

/** A clock at which the story stops until the test puts it forward, while polls continue. */
function storyClock() {
  const startedAt = Date.now();
  let moment = 0;
  return {
    now: () => startedAt + moment,
    monotonic: () => performance.now() + moment,
    sleep: wallClock.sleep,
    /** Sets the clock to that many seconds after the first step of that kind. Must not go back. */
    putForwardTo: (actor: string, type: string, seconds: number) => {
      const step = fastStory.steps.find(
        (each) => each.actor === actor && each.events.some((event) => event.type === type),
      );
      if (!step) throw new RangeError(`the story has no ${type} of ${actor}`);
      moment = step.at + seconds * 1_000;
    },
    putForwardToEnd: () => {
      moment = fastStory.period - 1;
    },
  };
}

function authenticationOf(credentials: StoryCredentials): AuthenticationConfig {
  switch (credentials.method) {
    case 'none':
      return credentials;
    case 'basic':
      return { ...credentials, password: new Secret(credentials.password) };
    case 'oauth2':
      return {
        method: 'oauth2',
        clientId: credentials.clientId,
        clientAuthentication: { method: 'client_secret_post', secret: new Secret(credentials.clientSecret) },
        endpoint: { tokenUrl: new URL(credentials.tokenUrl) },
        audience: credentials.audience,
        scopes: [],
        endpointParams: {},
        transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
      };
  }
}

function configOf({ clusters }: RunningStory): Config {
  return {
    clusters: clusters.map(({ name, address, credentials, isWhole }) =>
      clusterConfig({
        name,
        address,
        ...(isWhole && { physicalTenants: 'all' }),
        authentication: authenticationOf(credentials),
        pollInterval: 500,
        pollTimeout: 500,
      }),
    ),
    web: { listenAddresses: [{ host: '127.0.0.1', port: 0 }], telemetryPath: '/metrics' },
    log: { level: 'error', format: 'json' },
  };
}

it('the status page of the real exporter shows the problems of the simulated clusters while they last', async () => {
  const clock = storyClock();
  const story = await startStory({ story: fastStory, clock });
  onTestFinished(() => story.close());
  const exporter = await startExporter(configOf(story), pino({ level: 'silent' }), clock);
  onTestFinished(() => exporter.stop());
  const page = await open(`http://${exporter.addresses[0]}/`);
  const section = (name: string) => page.getByRole('region', { name, exact: true });
  const findings = (name: string) => section(name).locator('.findings');

  await page.getByText('3 clusters: 3 healthy').waitFor();
  for (const name of ['payments', 'orders', 'inventory']) {
    // The details of a cluster that the user has opened stay open when another cluster has a problem.
    await section(name).getByRole('button', { name: 'Hide details' }).click();
    await section(name).getByRole('button', { name: 'Show details' }).click();
  }

  clock.putForwardTo('payments', 'broker-crashes', 14);
  await findings('payments').getByText('Broker 1 is missing', { exact: true }).waitFor();
  await section('payments').getByText('▲ missing: not listed by the gateway').waitFor();
  await section('orders')
    .getByTitle(/^Partition 3 on broker 2: \w+, unhealthy$/)
    .waitFor();

  clock.putForwardTo('identity provider', 'http-fault', 20);
  await findings('inventory')
    .getByText(/^Authentication fails: .* answered 503: RESOURCE_EXHAUSTED: Simulated answer/)
    .waitFor();
  await section('inventory').getByText('▲ token_endpoint_unreachable', { exact: true }).waitFor();

  clock.putForwardTo('orders', 'broker-crashes', 15);
  await findings('orders').getByText('Partitions 1, 5, 6 and 10 have no leader', { exact: true }).waitFor();
  await section('payments').getByText('Broker 1 is back', { exact: true }).waitFor();
  expect(await section('payments').getByText('▲ missing: not listed by the gateway').count()).toBe(0);
  await section('inventory').getByText('Authentication works again', { exact: true }).waitFor();

  clock.putForwardTo('payments', 'http-fault', 11);
  await findings('inventory').getByText('The last poll failed').waitFor();
  await findings('inventory')
    .getByText(/^What to do: .*client_secret/)
    .waitFor();
  await section('inventory').getByText('✕ invalid_client', { exact: true }).waitFor();
  await section('payments').getByText('✕ failed (rate_limited)', { exact: true }).waitFor();
  await findings('payments')
    .getByText(/answered 503: RESOURCE_EXHAUSTED: Simulated answer/)
    .waitFor();
  await section('orders').getByText('All brokers are listed').waitFor();

  clock.putForwardTo('orders', 'gateway-forgets', 6);
  await findings('orders').getByText('The gateway knows no topology yet', { exact: true }).waitFor();
  await section('payments').getByText('Polls succeed again', { exact: true }).first().waitFor();

  clock.putForwardTo('identity provider', 'audience-changes', 8);
  await section('orders').getByText('✕ failed (redirect)', { exact: true }).waitFor();
  await section('payments').getByTitle('Partition 2 on broker 2: inactive, dead').waitFor();
  await section('inventory').getByText('✕ audience_mismatch', { exact: true }).waitFor();

  clock.putForwardToEnd();
  await section('orders').getByText('All brokers are listed').waitFor();
  await section('payments').getByText('All brokers are listed').waitFor();
  expect(page.complaints).toEqual([]);
});
