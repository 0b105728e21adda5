/** Tables as CSV: quoted where RFC 4180 wants it, a line feed behind every row. */
import Papa from 'papaparse';

/** The text of a table; cells that hold commas, quotes or line ends are quoted. */
export function csvText(rows: readonly (readonly (string | number)[])[]): string {
  return `${Papa.unparse([...rows.map((row) => [...row])], { newline: '\n' })}\n`;
}
