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
  readonly uniqueItems?: boolean;
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
const durationOf = (number: string) =>
  ['y', 'w', 'd', 'h', 'm', 's', 'ms'].map((unit) => `(${number}${unit})?`).join('');
/** A Prometheus duration: each unit at most once, the largest first. */
export const duration: Schema = { type: 'string', minLength: 1, pattern: `^${durationOf('[0-9]+')}$` };
export const emptyOrDuration: Schema = { type: 'string', pattern: `^${durationOf('[0-9]+')}$` };
/** A duration above 0, as PromQL requires it of a range. */
export const rangeDuration: Schema = { type: 'string', minLength: 1, pattern: `^${durationOf('[1-9][0-9]*')}$` };
/** A duration or 0. Neither YAML nor `helm --set` needs quotes for it, so it may be a number. */
export const durationOrZero: Schema = {
  type: ['string', 'integer'],
  minLength: 1,
  pattern: `^(0|${durationOf('[0-9]+')})$`,
  minimum: 0,
  maximum: 0,
};

export const list = (items: Schema): Schema => ({ type: 'array', items });
export const optional = (values: readonly string[]): Schema => ({ enum: ['', ...values] });
export const emptyOr = (pattern: string): Schema => ({ type: 'string', pattern: `^(${pattern})?$` });

export const closed = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});
