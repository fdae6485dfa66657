const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');

/** Whether a text begins as a JSON object does and ends before that object does. */
export function isCutShort(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === quote) isInString = !isInString;
    else if (isInString && character === backslash) index++;
    else if (isInString) continue;
    else if (character === openBrace || character === openBracket) depth++;
    else if (character === closeBrace || character === closeBracket) depth--;
  }
  return /^\s*\{/.test(text) && (isInString || depth > 0);
}
