import { type ReactNode, type RefObject, useEffect, useRef } from 'react';

import { useRowKeys } from '../features/today/useRowKeys';
import { Notice } from '../components/Notice';
import classes from './kit.module.css';

export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => ReactNode;
  readonly number?: boolean;
}

interface DataTableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly onOpen?: ((row: T) => void) | undefined;
  /** The row that the address means: it is marked, and brought into sight once. */
  readonly current?: string | null | undefined;
  /** Why there is nothing, and what to do next. */
  readonly empty: string;
  readonly emptyNext?: ReactNode;
}

const inControl = (target: EventTarget): boolean =>
  target instanceof Element && target.closest('a, button, input, select, label') !== null;

/** The key of the row that has the focus, or holds what has it. */
export const focusedRow = (): string | undefined =>
  document.activeElement?.closest<HTMLElement>('tr[data-row]')?.dataset['row'];

/** Brings the row that is meant into sight as soon as it is there, and leaves it alone afterwards. */
function useMeant(body: RefObject<HTMLTableSectionElement | null>, current: string | null | undefined, rows: unknown): void {
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (!current || shown.current === current) return;
    const row = body.current?.querySelector('tr[aria-current]');
    if (!row) return;
    shown.current = current;
    row.scrollIntoView({ block: 'center' });
  }, [body, current, rows]);
}

/** A table whose rows J/K and the arrows walk and Enter opens. */
export function DataTable<T>({ caption, columns, rows, rowKey, onOpen, current, empty, emptyNext }: DataTableProps<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body);
  useMeant(body, current, rows);
  if (rows.length === 0) return <Notice title={empty}>{emptyNext}</Notice>;
  return (
    <div className={classes.scroll} role="group" aria-label={caption} tabIndex={onOpen ? undefined : 0}>
      <table className={classes.table}>
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, number }) => (
              <th key={head} scope="col" className={number ? classes.number : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <tr
              key={rowKey(row)}
              data-row={rowKey(row)}
              className={classes.row}
              aria-current={rowKey(row) === current || undefined}
              tabIndex={onOpen ? (index === 0 ? 0 : -1) : undefined}
              onClick={onOpen && ((event) => !inControl(event.target) && onOpen(row))}
              onKeyDown={onOpen && ((event) => event.key === 'Enter' && !inControl(event.target) && onOpen(row))}
            >
              {columns.map(({ head, cell, number }) => (
                <td key={head} className={number ? classes.number : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
