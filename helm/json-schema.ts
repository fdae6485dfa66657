/** The keywords of JSON Schema, draft 7, that the schemas of the values and of the configuration file use. */
export interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly not?: Schema;
  readonly oneOf?: readonly Schema[];
}

export const text: Schema = { type: 'string' };
export const some: Schema = { type: 'string', minLength: 1 };
export const texts: Schema = { type: 'object', additionalProperties: text };
export const anyObject: Schema = { type: 'object' };
export const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535 };
export const seconds: Schema = { type: 'integer', minimum: 1 };
/** A key of a Secret or ConfigMap. */
export const dataKey: Schema = { type: 'string', pattern: '^[-._a-zA-Z0-9]+$' };
/** The pattern of a Prometheus duration. */
export const duration = '([0-9]+(ms|[smhdwy]))+';

export const list = (items: Schema): Schema => ({ type: 'array', items });
export const optional = (values: readonly string[]): Schema => ({ enum: ['', ...values] });
export const emptyOr = (pattern: string): Schema => ({ type: 'string', pattern: `^(${pattern})?$` });

export const closed = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});
