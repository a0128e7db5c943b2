import type { Group } from '../api/types';
import { useWords } from '../locales/language';
import classes from './StatusTag.module.css';

/** A shape for each state, for those who do not see its colour and for grey prints. */
export const SHAPES: Readonly<Record<Group, string>> = { critical: '▲▲', overdue: '◷', today: '◆', soon: '▷' };

export function StatusTag({ group }: { readonly group: Group }) {
  const { t } = useWords();
  return (
    <span className={`${classes.tag} ${classes[group]}`}>
      <span aria-hidden="true">{SHAPES[group]}</span>
      {t(`tag.${group}`)}
    </span>
  );
}
