/** What other parts of the program say without capital and full stop. */
export function sentence(text: string): string {
  return upperFirst(stopped(text));
}

/** With a full stop, where there is no other sign. */
export function stopped(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

export function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
