import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { createGenerator, type Schema } from 'ts-json-schema-generator';

/** Complains of all that is in a dashboard and not in the types of Grafana's SDK. Takes seconds to make. */
export function createValidator(): (dashboard: unknown) => readonly string[] {
  const { definitions = {} } = schemaOf('dashboard', 'Dashboard');
  // In the type of a dashboard a query is anything; here it is one for Prometheus.
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
