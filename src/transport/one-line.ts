/** Text of others, made fit for a log line: one line, no control characters, not long. */
export function oneLine(text: string, most = 200): string {
  const line = text
    .slice(0, 4 * most)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most).replace(/\p{Cs}$/u, '')}…` : line;
}
