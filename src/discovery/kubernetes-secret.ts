import type { Problem } from '../config/problem.ts';
import type { Source } from '../config/resolve.ts';
import { masked, type Raw, type Table } from '../config/setting.ts';
import { EncodingError, textOf } from '../config/setting-files.ts';
import { clusterTable } from '../config/settings-table.ts';

const table: Table = clusterTable;

/**
 * The settings that the keys of a Secret give. `username` and `password` are those of the type basic-auth of
 * Kubernetes.
 */
const settingOf = {
  username: 'basic_auth.username',
  password: 'basic_auth.password',
  'client-id': 'oauth2.client_id',
  'client-secret': 'oauth2.client_secret',
} as const;
type SecretKey = keyof typeof settingOf;
const keys = Object.keys(settingOf) as SecretKey[];

/** Whether Kubernetes allows the name, so that it cannot lead to another resource. */
export function isSecretName(name: string): boolean {
  return name.length <= 253 && /^[a-z\d]([a-z\d.-]*[a-z\d])?$/.test(name);
}

/** Returns the credentials in a Secret, whose values are in Base64. Problems are reported and show none of them. */
export function credentialsIn(data: Readonly<Record<string, string>>, place: string, problems: Problem[]): Source {
  const present = keys.filter((key) => data[key] !== undefined);
  if (present.length === 0) {
    const expected = 'the keys username and password, or client-id and client-secret';
    problems.push({ place, expected, found: 'none of them' });
  }
  const given = new Map<string, Raw>();
  for (const key of present) {
    const value = decoded(data[key] ?? '', settingOf[key]);
    if ('text' in value) given.set(settingOf[key], value.text);
    else problems.push({ place: `${place}: ${key}`, ...value });
  }
  const settings = present.map((key) => settingOf[key]);
  const groups = settings.map((setting) => setting.replace(/\..*/, ''));
  const names = new Map<string, string>(keys.map((key) => [settingOf[key], `${place}: ${key}`]));
  return { given, location: { present: new Set([...settings, ...groups]), names } };
}

/** `echo` leaves a line break at the end of a value. */
function decoded(base64: string, setting: string): { readonly text: string } | Omit<Problem, 'place'> {
  try {
    const text = textOf(Buffer.from(base64, 'base64')).replace(/(\r?\n)+$/, '');
    table[setting]?.format(text);
    return { text };
  } catch (error) {
    const expected = error instanceof EncodingError ? 'text in UTF-8' : error instanceof Error ? error.message : 'text';
    return { expected, found: masked };
  }
}
