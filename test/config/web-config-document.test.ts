import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Table } from '../../src/config/setting.ts';
import { webTable } from '../../src/config/web-table.ts';
import { connectionLimits } from '../../src/http/connections.ts';
import { maxBacklog } from '../../src/http/response.ts';

const page = readFileSync(new URL('../../docs/web-config.md', import.meta.url), 'utf8');
const table: Table = webTable;

describe('docs/web-config.md', () => {
  it.each(Object.entries(table))('tells what %s means', (key, { default: standard = '', doc }) => {
    const shown = String(standard) === '' ? '' : `\`${standard}\``;
    expect(page).toContain(`| \`${key}\` | ${shown} | ${doc} |\n`);
  });

  it('tells the limits as they are', () => {
    const { connections, reserved, few, unanswered, deadlines } = connectionLimits;
    const rows = [
      `| connections | ${connections.toLocaleString('en')};`,
      `connections of all addresses with more than ${few} | ${connections - reserved}; the other ${reserved} are`,
      `responses that wait for clients, of all connections | ${maxBacklog / 1024 ** 2} MiB or a sixteenth`,
      `first request | ${deadlines.opening / 1000} s |`,
      `next request | ${deadlines.idle / 1000} s |`,
      `whole response | ${deadlines.answering / 1000} s |`,
      `before the first response | ${unanswered} |`,
    ];
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });
});
