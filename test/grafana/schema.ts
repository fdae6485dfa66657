import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { createGenerator, type Schema } from 'ts-json-schema-generator';

/** Creates a function that returns the deviations of a dashboard from the types of Grafana's SDK. Takes seconds. */
export function createValidator(): (dashboard: unknown) => readonly string[] {
  const { definitions = {} } = schemaOf('dashboard', 'Dashboard');
  // The type of a dashboard allows any query; here it must be one for Prometheus.
  const queries = schemaOf('prometheus', 'Dataquery').definitions ?? {};
  const validate = new Ajv({ allErrors: true }).compile({
    $ref: '#/definitions/Dashboard',
    definitions: { ...definitions, ...queries },
  });
  return (dashboard) => {
    validate(dashboard);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}

function schemaOf(module: string, type: string): Schema {
  const index = fileURLToPath(import.meta.resolve(`@grafana/grafana-foundation-sdk/${module}`));
  return createGenerator({
    path: index.replace(/index\.js$/, 'types.gen.d.ts'),
    type,
    skipTypeCheck: true,
    additionalProperties: false,
  }).createSchema(type);
}
