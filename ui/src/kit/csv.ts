/** The browser keeps a file; nothing of it stays in the page. */
export function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

type Cell = string | number | null | undefined;

/** A cell as tables read it; what a spreadsheet would take for a formula is kept as text. */
function cell(value: Cell): string {
  const text = value === null || value === undefined ? '' : String(value);
  const plain = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
}

/** Rows as CSV in UTF-8 with a mark, as Chinese spreadsheets expect it. */
export function saveCsv(name: string, rows: readonly (readonly Cell[])[]): void {
  const lines = rows.map((row) => row.map(cell).join(',')).join('\r\n');
  save(new Blob([`\ufeff${lines}\r\n`], { type: 'text/csv;charset=utf-8' }), name);
}
