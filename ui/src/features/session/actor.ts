import { useMe } from './session';

const SHOWN = 8;

/** The words of an actor: the name that came with the answer, or one's own; else the end of the account's number, which the trail names in full. */
export function useActorName(names: Readonly<Record<string, string>> = {}): (actor: string | null) => string {
  const me = useMe().data;
  return (actor) => {
    if (actor === null) return '—';
    const named = names[actor];
    if (named !== undefined) return named;
    if (me && actor === `user:${me.id}`) return me.display_name;
    const [, id = actor] = actor.split(':');
    return id.length > SHOWN ? `…${id.slice(-SHOWN)}` : id;
  };
}
