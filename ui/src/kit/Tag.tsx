import classes from './kit.module.css';

export type Tone = 'good' | 'warn' | 'bad' | 'time' | 'plain' | 'ended';

/** A shape for each state, for those who do not see its colour and for grey prints. */
const SHAPES: Readonly<Record<Tone, string>> = {
  good: '●', warn: '▲', bad: '▲▲', time: '◷', plain: '○', ended: '✕',
}; // prettier-ignore

export function Tag({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className={`${classes.tag} ${classes[tone]}`}>
      <span aria-hidden="true">{SHAPES[tone]}</span>
      {children}
    </span>
  );
}
