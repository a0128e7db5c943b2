import classes from './OneOf.module.css';

interface OneOfProps<T extends string> {
  readonly label: string;
  readonly options: readonly (readonly [T, string])[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** A few words in a row, of which one holds. */
export function OneOf<T extends string>({ label, options, value, onChange }: OneOfProps<T>) {
  return (
    <div className={classes.row} role="group" aria-label={label}>
      {options.map(([one, words]) => (
        <button key={one} type="button" aria-pressed={one === value} onClick={() => onChange(one)}>
          {words}
        </button>
      ))}
    </div>
  );
}
