import { type ReactNode, useRef } from 'react';

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
  /** Why there is nothing, and what to do next. */
  readonly empty: string;
  readonly emptyNext?: ReactNode;
}

const inControl = (target: EventTarget): boolean =>
  target instanceof Element && target.closest('a, button, input, select, label') !== null;

/** The key of the row that has the focus, or holds what has it. */
export const focusedRow = (): string | undefined =>
  document.activeElement?.closest<HTMLElement>('tr[data-row]')?.dataset['row'];

/** A table whose rows J/K and the arrows walk and Enter opens. */
export function DataTable<T>({ caption, columns, rows, rowKey, onOpen, empty, emptyNext }: DataTableProps<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body);
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
