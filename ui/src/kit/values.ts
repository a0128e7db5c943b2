/** How numbers and units of the record are written for people. What was written by somebody else is not changed beyond this. */

const SIGNS = [
  [/1\.73 ?m2\b/g, '1.73 m\u00b2'],
  [/\b[u\u03bc](?=(mol|g)\b)/g, '\u00b5'],
] as const;

/** `umol/L` as `\u00b5mol/L`, `1.73m2` as `1.73 m\u00b2`: laboratories and devices send what their keyboards have. */
export const unitText = (unit: string): string => SIGNS.reduce((text, [sign, shown]) => text.replace(sign, shown), unit);

/** No laboratory prints more than three decimals: what has more was computed, and two of them are shown. */
const COMPUTED = /-?\d+\.\d{4,}/g;

/** A result with its unit, as written; a computed one with the decimals that mean something. */
export const resultText = (written: string): string =>
  unitText(written.replace(COMPUTED, (number) => String(Number(Number(number).toFixed(2)))));

/** Glucose in mmol/L with a decimal at least, as its meters and the paper form have it: `7.0`. */
export function glucoseText(value: number | string): string {
  const plain = String(Number(value));
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** The two ends of a range, either of which may be open. */
export function rangeText(low: string | null, high: string | null): string {
  if (low === null && high === null) return '\u2013';
  if (low === null) return `\u2264${high}`;
  return high === null ? `\u2265${low}` : `${low}\u2013${high}`;
}
